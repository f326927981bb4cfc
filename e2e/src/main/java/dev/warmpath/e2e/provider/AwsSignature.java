package dev.warmpath.e2e.provider;

import dev.warmpath.e2e.provider.ProviderAccess.Account;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * AWS Signature Version 4 in a request's headers: made, and verified over what arrived. As AWS does
 * for any service but S3, the path is escaped once more than it was sent. Signatures in the query,
 * of chunks and by SigV4A are not taken; keys of a session are not known.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html">
 *     Create a signed AWS API request</a>
 */
public final class AwsSignature {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final String END = "aws4_request";
  private static final Duration MAX_SKEW = Duration.ofMinutes(5);
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          "AWS4-HMAC-SHA256 +Credential=([^/,\\s]+)/(\\d{8})/([^/,\\s]+)/([^/,\\s]+)/aws4_request"
              + " *, *SignedHeaders=([^,\\s]+) *, *Signature=([0-9a-f]{64}) *");
  private static final Pattern SPACES = Pattern.compile(" +");

  /**
   * What a signature covers besides the body.
   *
   * @param target path and query as they are sent
   * @param headers by their names in lower case
   */
  public record Request(String method, String target, Map<String, String> headers) {}

  /** For whom a signature is made: which service of which region. */
  public record Scope(String region, String service) {}

  private AwsSignature() {}

  /** The headers of a request with those that sign it: all of them are signed. */
  public static Map<String, String> sign(
      Request request, byte[] body, Account account, Scope scope, Instant now) {
    var headers = new TreeMap<>(request.headers());
    String time = TIME.format(now);
    headers.put("x-amz-date", time);
    headers.put("x-amz-content-sha256", hex(sha256(body)));
    List<String> signed = List.copyOf(headers.keySet());
    String date = time.substring(0, 8);
    var complete = new Request(request.method(), request.target(), headers);
    String signature = signature(complete, body, signed, account.secretKey(), scope, time);
    headers.put(
        "authorization",
        "%s Credential=%s/%s/%s/%s/%s, SignedHeaders=%s, Signature=%s"
            .formatted(
                ALGORITHM,
                account.accessKeyId(),
                date,
                scope.region(),
                scope.service(),
                END,
                String.join(";", signed),
                signature));
    return headers;
  }

  /**
   * Who signed a request.
   *
   * @param accounts whose keys are known
   * @throws ApiException 403 if nobody of them did, or not this request, or not now
   */
  static Account verify(
      Request request, byte[] body, List<Account> accounts, String service, Instant now)
      throws ApiException {
    Map<String, String> headers = request.headers();
    Matcher given = AUTHORIZATION.matcher(headers.getOrDefault("authorization", ""));
    if (!given.matches()) {
      throw ApiException.aws(
          403, "IncompleteSignatureException", "Authorization header is not a valid one of SigV4.");
    }
    Account account = null;
    for (Account known : accounts) {
      if (known.accessKeyId().equals(given.group(1))) {
        account = known;
      }
    }
    if (account == null) {
      throw ApiException.aws(
          403,
          "UnrecognizedClientException",
          "The security token included in the request is invalid.");
    }
    if (headers.containsKey("x-amz-security-token")) {
      throw ApiException.aws(
          403,
          "UnrecognizedClientException",
          "The security token included in the request is invalid.");
    }
    String time = headers.getOrDefault("x-amz-date", "");
    inTime(time, now);
    if (!time.startsWith(given.group(2))) {
      throw mismatch(
          "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date");
    }
    if (!given.group(4).equals(service)) {
      throw mismatch("Credential should be scoped to correct service: '" + service + "'.");
    }
    List<String> signed = Arrays.asList(given.group(5).split(";", -1));
    signedHeaders(signed, headers);
    String digest = headers.get("x-amz-content-sha256");
    if (digest != null && !digest.equals(hex(sha256(body)))) {
      throw unequal();
    }
    var scope = new Scope(given.group(3), service);
    String expected = signature(request, body, signed, account.secretKey(), scope, time);
    if (!MessageDigest.isEqual(ascii(expected), ascii(given.group(6)))) {
      throw unequal();
    }
    return account;
  }

  /** The time is one, and now. */
  private static void inTime(String time, Instant now) throws ApiException {
    Instant at;
    try {
      at = TIME.parse(time, Instant::from);
    } catch (DateTimeParseException e) {
      throw ApiException.aws(
          403,
          "IncompleteSignatureException",
          "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
    }
    Instant earliest = now.minus(MAX_SKEW);
    if (at.isBefore(earliest)) {
      throw mismatch(
          "Signature expired: %s is now earlier than %s (%s - 5 min.)"
              .formatted(time, TIME.format(earliest), TIME.format(now)));
    }
    Instant latest = now.plus(MAX_SKEW);
    if (at.isAfter(latest)) {
      throw mismatch(
          "Signature not yet current: %s is still later than %s (%s + 5 min.)"
              .formatted(time, TIME.format(latest), TIME.format(now)));
    }
  }

  /** Those that are named are there and in order, and those that must be are named. */
  private static void signedHeaders(List<String> signed, Map<String, String> headers)
      throws ApiException {
    var sorted = new ArrayList<>(signed);
    Collections.sort(sorted);
    if (!sorted.equals(signed) || !headers.keySet().containsAll(signed)) {
      throw unequal();
    }
    for (String name : headers.keySet()) {
      if (name.startsWith("x-amz-") && !signed.contains(name)) {
        throw mismatch("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.");
      }
    }
    if (!signed.contains("host")) {
      throw mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }
  }

  private static ApiException unequal() {
    return mismatch(
        "The request signature we calculated does not match the signature you provided. Check your"
            + " AWS Secret Access Key and signing method. Consult the service documentation for"
            + " details.");
  }

  private static ApiException mismatch(String message) {
    return ApiException.aws(403, "InvalidSignatureException", message);
  }

  private static String signature(
      Request request, byte[] body, List<String> signed, String secret, Scope scope, String time) {
    String date = time.substring(0, 8);
    String credential = String.join("/", date, scope.region(), scope.service(), END);
    String toSign =
        String.join(
            "\n", ALGORITHM, time, credential, hex(sha256(utf8(canonical(request, body, signed)))));
    byte[] key = utf8("AWS4" + secret);
    for (String step : List.of(date, scope.region(), scope.service(), END)) {
      key = hmac(key, step);
    }
    return hex(hmac(key, toSign));
  }

  /** The canonical request. */
  private static String canonical(Request request, byte[] body, List<String> signed) {
    String target = request.target();
    int query = target.indexOf('?');
    var text = new StringBuilder();
    text.append(request.method()).append('\n');
    text.append(escape(query < 0 ? target : target.substring(0, query), true)).append('\n');
    text.append(query < 0 ? "" : query(target.substring(query + 1))).append('\n');
    for (String name : signed) {
      String value = request.headers().getOrDefault(name, "").strip();
      text.append(name).append(':').append(SPACES.matcher(value).replaceAll(" ")).append('\n');
    }
    text.append('\n').append(String.join(";", signed)).append('\n');
    return text.append(hex(sha256(body))).toString();
  }

  /** Names and values as they are meant, escaped in one way, in order. */
  private static String query(String query) {
    var parameters = new ArrayList<String>();
    for (String parameter : query.split("&", -1)) {
      if (!parameter.isEmpty()) {
        int equals = parameter.indexOf('=');
        String name = equals < 0 ? parameter : parameter.substring(0, equals);
        String value = equals < 0 ? "" : parameter.substring(equals + 1);
        parameters.add(escape(unescape(name), false) + '=' + escape(unescape(value), false));
      }
    }
    Collections.sort(parameters);
    return String.join("&", parameters);
  }

  private static String unescape(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static String escape(String text, boolean path) {
    var escaped = new StringBuilder();
    for (byte b : utf8(text)) {
      char c = (char) (b & 0xFF);
      if ((c >= 'A' && c <= 'Z')
          || (c >= 'a' && c <= 'z')
          || (c >= '0' && c <= '9')
          || "-_.~".indexOf(c) >= 0
          || (path && c == '/')) {
        escaped.append(c);
      } else {
        escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return escaped.toString();
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(utf8(text));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
