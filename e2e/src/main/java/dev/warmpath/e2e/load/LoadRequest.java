package dev.warmpath.e2e.load;

import java.util.Map;

/** One request of a workload. Immutable, but for the body's bytes, which nobody may change. */
public final class LoadRequest {
  private final String group;
  private final String path;
  private final Map<String, String> headers;
  private final byte[] body;
  private final String ending;

  /**
   * A POST.
   *
   * @param group that reports tell apart, such as the route
   * @param headers besides host, content-length and {@code x-request-id}
   * @param body not copied
   * @param ending of a complete response; empty: any is complete that ends well
   */
  public LoadRequest(
      String group, String path, Map<String, String> headers, byte[] body, String ending) {
    this.group = group;
    this.path = path;
    this.headers = Map.copyOf(headers);
    this.body = body;
    this.ending = ending;
  }

  public String group() {
    return group;
  }

  public String path() {
    return path;
  }

  public Map<String, String> headers() {
    return headers;
  }

  /** Not a copy. */
  public byte[] body() {
    return body;
  }

  public String ending() {
    return ending;
  }
}
