package dev.warmpath.e2e.provider;

/** A request that is answered with an error in Anthropic's form. */
final class ApiException extends Exception {
  private final int status;
  private final String type;

  private ApiException(int status, String type, String message) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
  }

  static ApiException invalid(String message) {
    return new ApiException(400, "invalid_request_error", message);
  }

  static ApiException unauthenticated(String message) {
    return new ApiException(401, "authentication_error", message);
  }

  static ApiException notFound(String message) {
    return new ApiException(404, "not_found_error", message);
  }

  /** By an injected fault. */
  static ApiException injected(int status) {
    String type =
        switch (status) {
          case 400 -> "invalid_request_error";
          case 401 -> "authentication_error";
          case 403 -> "permission_error";
          case 404 -> "not_found_error";
          case 413 -> "request_too_large";
          case 429 -> "rate_limit_error";
          case 529 -> "overloaded_error";
          default -> "api_error";
        };
    return new ApiException(status, type, "injected");
  }

  int status() {
    return status;
  }

  String type() {
    return type;
  }

  /** The message, never null. */
  String text() {
    return String.valueOf(getMessage());
  }
}
