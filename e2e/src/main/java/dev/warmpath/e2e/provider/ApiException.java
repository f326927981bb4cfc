package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** A request that is answered with an error, in the form of the API that refuses it. */
public final class ApiException extends Exception {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final int status;
  private final String type;
  private final @Nullable ObjectNode body;

  private ApiException(int status, String type, String message, @Nullable ObjectNode body) {
    super(message, null, false, false);
    this.status = status;
    this.type = type;
    this.body = body;
  }

  static ApiException invalid(String message) {
    return anthropic(400, "invalid_request_error", message);
  }

  static ApiException unauthenticated(String message) {
    return anthropic(401, "authentication_error", message);
  }

  static ApiException notFound(String message) {
    return anthropic(404, "not_found_error", message);
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
    return anthropic(status, type, "injected");
  }

  private static ApiException anthropic(int status, String type, String message) {
    return new ApiException(status, type, message, null);
  }

  /**
   * In OpenAI's form.
   *
   * @param param path of the member at fault; empty: none is
   * @param code empty: null
   */
  static ApiException openAi(int status, String message, String param, String code) {
    ObjectNode body = NODES.objectNode();
    ObjectNode error =
        body.putObject("error").put("message", message).put("type", "invalid_request_error");
    error.put("param", param.isEmpty() ? null : param);
    error.put("code", code.isEmpty() ? null : code);
    return new ApiException(status, "invalid_request_error", message, body);
  }

  /** In Amazon's form; {@code type} goes into the header {@code x-amzn-errortype}. */
  static ApiException aws(int status, String type, String message) {
    return new ApiException(status, type, message, NODES.objectNode().put("message", message));
  }

  /** What Bedrock answers to a request that its form forbids. */
  static ApiException validation(String message) {
    return aws(400, "ValidationException", message);
  }

  /** In Google's form. */
  static ApiException google(int status, String message) {
    String state =
        status == 401 ? "UNAUTHENTICATED" : status == 404 ? "NOT_FOUND" : "INVALID_ARGUMENT";
    ObjectNode body = NODES.objectNode();
    body.putObject("error").put("code", status).put("message", message).put("status", state);
    return new ApiException(status, state, message, body);
  }

  /**
   * In Mistral's form.
   *
   * @param path of the member at fault, its steps parted by dots
   */
  static ApiException mistral(String type, String path, String message) {
    ObjectNode body = NODES.objectNode().put("object", "error");
    ObjectNode detail = body.putObject("message").putArray("detail").addObject();
    var loc = detail.put("type", type).putArray("loc").add("body");
    for (String step : path.split("\\.", -1)) {
      if (step.chars().allMatch(Character::isDigit) && !step.isEmpty()) {
        loc.add(Integer.parseInt(step));
      } else {
        loc.add(step);
      }
    }
    detail.put("msg", message);
    body.put("type", "invalid_request_error").putNull("param").putNull("code");
    return new ApiException(422, type, path + ": " + message + " (" + type + ")", body);
  }

  public int status() {
    return status;
  }

  /** The error's name in its API. */
  public String type() {
    return type;
  }

  /** The message, never null. */
  public String text() {
    return String.valueOf(getMessage());
  }

  /** The response. */
  public ObjectNode body() {
    if (body != null) {
      return body;
    }
    ObjectNode anthropic = NODES.objectNode().put("type", "error");
    anthropic.putObject("error").put("type", type).put("message", text());
    return anthropic;
  }
}
