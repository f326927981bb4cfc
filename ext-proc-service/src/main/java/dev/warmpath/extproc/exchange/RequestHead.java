package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.HeaderMap;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a plan needs of the request headers, read in one pass over the message.
 *
 * @param path without query
 * @param routeName Envoy's {@code xds.route_name}; empty: not sent
 * @param contentLength bytes; -1: absent or not a number
 * @param compressed a content-encoding other than identity
 * @param signature that covers the body, so that who changes a byte of it has to sign anew
 * @param json the content-type says that the body is JSON
 * @param responseStreamed whether the response comes on the same stream, in pieces that may be
 *     changed
 * @param headers those that route matches and the tenant depend on; one that comes several times
 *     has its values joined by commas, as Envoy's own route matches read it
 */
record RequestHead(
    String path,
    String routeName,
    long contentLength,
    boolean compressed,
    Signature signature,
    boolean json,
    boolean endOfStream,
    boolean responseStreamed,
    Map<String, String> headers) {

  /** What covers a body. */
  enum Signature {
    NONE,
    /** AWS's, in headers, which Envoy takes out where it signs itself. */
    AWS,
    /** Any other. AWS's in the query is one, since Envoy leaves that as it is. */
    OTHER;

    private Signature orAws() {
      return this == OTHER ? OTHER : AWS;
    }
  }

  /** Value of a header that was asked for; null: absent. */
  @Nullable String header(String name) {
    return headers.get(name);
  }

  /**
   * Reads a headers message.
   *
   * @param message of Envoy, the first of its stream
   * @param wanted lower-case names of headers to keep
   */
  static RequestHead of(ProcessingRequest message, String routeName, List<String> wanted) {
    HeaderMap map = message.getRequestHeaders().getHeaders();
    String path = "";
    long contentLength = -1;
    boolean compressed = false;
    Signature signature = Signature.NONE;
    boolean json = false;
    Map<String, String> kept = Map.of();
    for (int i = 0; i < map.getHeadersCount(); i++) {
      HeaderValue header = map.getHeaders(i);
      String name = header.getKey();
      switch (name) {
        case ":path" -> {
          String whole = value(header);
          if (whole.contains("X-Amz-Signature=")) {
            signature = Signature.OTHER;
          }
          path = withoutQuery(whole);
        }
        case "content-length" -> contentLength = parseLength(value(header));
        case "content-type" -> json = value(header).toLowerCase(Locale.ROOT).contains("json");
        case "content-encoding" -> compressed |= !value(header).equalsIgnoreCase("identity");
        case "content-md5",
            "digest",
            "content-digest",
            "repr-digest",
            "signature-input",
            "x-hub-signature-256" ->
            signature = Signature.OTHER;
        case "x-amz-date", "x-amz-content-sha256" -> signature = signature.orAws();
        case "authorization" -> {
          if (value(header).startsWith("AWS4-")) {
            signature = signature.orAws();
          }
        }
        default -> {}
      }
      if (wanted.contains(name)) {
        if (kept.isEmpty()) {
          kept = new HashMap<>();
        }
        kept.merge(name, value(header), (first, next) -> first + "," + next);
      }
    }
    return new RequestHead(
        path,
        routeName,
        contentLength,
        compressed,
        signature,
        json,
        message.getRequestHeaders().getEndOfStream(),
        // An Envoy that doesn't tell sends none, as far as we know.
        message.getProtocolConfig().getResponseBodyMode() == BodySendMode.STREAMED,
        kept);
  }

  private static String value(HeaderValue header) {
    ByteString raw = header.getRawValue();
    return raw.isEmpty() ? header.getValue() : raw.toStringUtf8();
  }

  private static String withoutQuery(String path) {
    int question = path.indexOf('?');
    return question < 0 ? path : path.substring(0, question);
  }

  private static long parseLength(String value) {
    if (value.isEmpty() || value.length() > 18) {
      return -1;
    }
    long length = 0;
    for (int i = 0; i < value.length(); i++) {
      int digit = value.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      length = length * 10 + digit;
    }
    return length;
  }
}
