package dev.warmpath.e2e.envoy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** The few plain HTTP calls that watching a process needs. Blocks; thread-safe. */
public final class Http {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(1))
          .build();

  private Http() {}

  /**
   * The body of a call without one.
   *
   * @throws IllegalStateException when there is no answer, or another status than 200
   */
  public static String call(String method, String url) {
    try {
      HttpResponse<String> response = send(method, url);
      if (response.statusCode() != 200) {
        throw new IllegalStateException(
            "%s %s: %d %s (expected: 200)"
                .formatted(method, url, response.statusCode(), response.body()));
      }
      return response.body();
    } catch (IOException e) {
      throw new IllegalStateException("%s %s: %s (expected: 200)".formatted(method, url, e), e);
    }
  }

  /** Whether a GET is answered with 200. */
  public static boolean isOk(String url) {
    try {
      return send("GET", url).statusCode() == 200;
    } catch (IOException _) {
      return false;
    }
  }

  private static HttpResponse<String> send(String method, String url) throws IOException {
    try {
      return CLIENT.send(
          HttpRequest.newBuilder(URI.create(url))
              .timeout(TIMEOUT)
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in %s %s".formatted(method, url), e);
    }
  }
}
