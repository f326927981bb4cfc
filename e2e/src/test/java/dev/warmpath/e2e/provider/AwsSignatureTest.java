package dev.warmpath.e2e.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.e2e.provider.ProviderAccess.Account;
import dev.warmpath.e2e.provider.ProviderRules.Kind;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Verification against the examples that AWS publishes, and against a signer of the test's own that
 * these examples prove.
 */
class AwsSignatureTest {
  /** The key of AWS's documentation and of its test suite. */
  private static final Account EXAMPLE =
      new Account("example", "", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

  private static final Instant EXAMPLE_TIME = Instant.parse("2015-08-30T12:36:00Z");
  private static final String TARGET = "/model/us.anthropic.claude-sonnet-5-5-v1%3A0/converse";
  private static final byte[] BODY =
      bytes("{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"hello\"}]}]}");
  private static final Account CUSTOMER = ProviderAccess.DEFAULTS.accounts().getFirst();
  private static final Instant NOW = Instant.parse("2026-11-21T10:00:00Z");
  private static final String NO_MATCH =
      "The request signature we calculated does not match the signature you provided.";

  private final ProviderRules bedrock =
      ProviderRules.of(Kind.BEDROCK_CONVERSE, ProviderAccess.DEFAULTS, InstantSource.fixed(NOW));

  /** IAM's example of the documentation, and two of the test suite. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          GET  | /?Action=ListUsers&Version=2010-05-08 | iam.amazonaws.com     | iam     | application/x-www-form-urlencoded; charset=utf-8 | ''             | 5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7
          GET  | /                                     | example.amazonaws.com | service | -                                                | ''             | 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31
          POST | /                                     | example.amazonaws.com | service | application/x-www-form-urlencoded                | Param1=value1  | ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a
          """)
  void verify_publishedExample_isTakenAndNothingElse(
      String method,
      String target,
      String host,
      String service,
      String type,
      String body,
      String signature)
      throws ApiException {
    var headers = new TreeMap<String, String>();
    headers.put("host", host);
    headers.put("x-amz-date", "20150830T123600Z");
    if (type != null) {
      headers.put("content-type", type);
    }
    String signed = String.join(";", headers.keySet());
    String computed =
        signature(method, target, headers, signed, bytes(body), EXAMPLE, "us-east-1", service);
    assertThat(computed).as("by the test's own signer").isEqualTo(signature);
    headers.put(
        "authorization",
        authorization(EXAMPLE, "20150830/us-east-1/" + service, signed, signature));

    assertThat(verify(method, target, headers, body, service)).isEqualTo(EXAMPLE);

    assertRefused(() -> verify(method, target, headers, body + " ", service), NO_MATCH);
    assertRefused(() -> verify(method, target + "x", headers, body, service), NO_MATCH);
    assertRefused(() -> verify("PUT", target, headers, body, service), NO_MATCH);
    headers.put("host", "other");
    assertRefused(() -> verify(method, target, headers, body, service), NO_MATCH);
  }

  @Test
  void judge_signedRequest_isItsCustomers() throws ApiException {
    assertThat(bedrock.judge(TARGET, signed(BODY), BODY).tenant()).isEqualTo("north");
  }

  @Test
  void judge_changedBody_isRefusedAsAwsDoes() {
    byte[] edited =
        bytes(
            new String(BODY, StandardCharsets.UTF_8)
                .replace(
                    "{\"text\":\"hello\"}",
                    "{\"text\":\"hello\"},{\"cachePoint\":{\"type\":\"default\"}}"));
    Map<String, String> headers = signed(BODY);
    assertRefused(() -> bedrock.judge(TARGET, headers, edited), NO_MATCH);
    headers.remove("x-amz-content-sha256"); // It was signed, and has gone.
    assertRefused(() -> bedrock.judge(TARGET, headers, edited), NO_MATCH);
    // A digest that is that of the body, in a signature over another one.
    headers.put("x-amz-content-sha256", sha256(edited));
    assertRefused(() -> bedrock.judge(TARGET, headers, edited), NO_MATCH);
  }

  @Test
  void judge_digestOfAnotherBody_isRefusedEvenIfItIsSigned() {
    Map<String, String> headers = signed(BODY);
    headers.put("x-amz-content-sha256", sha256(bytes("{}")));
    String signature =
        signature(
            "POST",
            TARGET.replace("%", "%25"),
            headers,
            ALL,
            BODY,
            CUSTOMER,
            "us-east-1",
            "bedrock");
    headers.put(
        "authorization", authorization(CUSTOMER, "20261121/us-east-1/bedrock", ALL, signature));
    assertRefused(() -> bedrock.judge(TARGET, headers, BODY), NO_MATCH);
  }

  @Test
  void judge_withoutDigestHeader_verifiesTheBodyAllTheSame() throws ApiException {
    Map<String, String> headers = signed(BODY, CUSTOMER, "bedrock", "host;x-amz-date");
    assertThat(bedrock.judge(TARGET, headers, BODY).tenant()).isEqualTo("north");
    assertRefused(() -> bedrock.judge(TARGET, headers, bytes("{}")), NO_MATCH);
  }

  @Test
  void judge_foreignKeyServiceTimeOrUnsignedHeader_isRefused() {
    assertRefused(
        () -> bedrock.judge(TARGET, signed(BODY, EXAMPLE, "bedrock", ALL), BODY),
        "The security token included in the request is invalid.");
    var wrongSecret = new Account("north", "", CUSTOMER.accessKeyId(), CUSTOMER.secretKey() + "x");
    assertRefused(
        () -> bedrock.judge(TARGET, signed(BODY, wrongSecret, "bedrock", ALL), BODY), NO_MATCH);
    assertRefused(
        () -> bedrock.judge(TARGET, signed(BODY, CUSTOMER, "s3", ALL), BODY),
        "correct service: 'bedrock'");
    assertRefused(
        () -> bedrock.judge(TARGET, signed(BODY, CUSTOMER, "bedrock", "x-amz-date"), BODY),
        "'Host'");
    Map<String, String> more = signed(BODY);
    more.put("x-amz-target", "other");
    assertRefused(() -> bedrock.judge(TARGET, more, BODY), "'x-amz-target' must be");
    var later =
        ProviderRules.of(
            Kind.BEDROCK_CONVERSE,
            ProviderAccess.DEFAULTS,
            InstantSource.fixed(NOW.plusSeconds(301)));
    assertRefused(() -> later.judge(TARGET, signed(BODY), BODY), "Signature expired");
    var earlier =
        ProviderRules.of(
            Kind.BEDROCK_CONVERSE,
            ProviderAccess.DEFAULTS,
            InstantSource.fixed(NOW.minusSeconds(301)));
    assertRefused(() -> earlier.judge(TARGET, signed(BODY), BODY), "not yet current");
  }

  @Test
  void judge_bearerKeyOrNone_isTakenOrRefused() throws ApiException {
    assertThat(bedrock.judge(TARGET, Map.of("authorization", "Bearer sk-sim-west"), BODY).tenant())
        .isEqualTo("west");
    assertRefused(() -> bedrock.judge(TARGET, Map.of(), BODY), "Missing Authentication Token");
    assertRefused(
        () -> bedrock.judge(TARGET, Map.of("authorization", "Bearer other"), BODY),
        "API Key is valid");
    assertRefused(
        () -> bedrock.judge(TARGET, Map.of("authorization", "AWS4-HMAC-SHA256 x"), BODY),
        "Authorization header");
  }

  @Test
  void sign_anyRequest_isWhatTheTestsOwnSignerMakes() {
    Map<String, String> headers =
        AwsSignature.sign(
            new AwsSignature.Request(
                "POST", TARGET, Map.of("host", "h", "content-type", "application/json")),
            BODY,
            CUSTOMER,
            new AwsSignature.Scope("eu-west-1", "bedrock"),
            NOW);
    String names = "content-type;host;x-amz-content-sha256;x-amz-date";
    assertThat(headers.get("authorization"))
        .isEqualTo(
            authorization(
                CUSTOMER,
                "20261121/eu-west-1/bedrock",
                names,
                signature(
                    "POST",
                    TARGET.replace("%", "%25"),
                    headers,
                    names,
                    BODY,
                    CUSTOMER,
                    "eu-west-1",
                    "bedrock")));
  }

  private static final String ALL = "host;x-amz-content-sha256;x-amz-date";

  private static Map<String, String> signed(byte[] body) {
    return signed(body, CUSTOMER, "bedrock", ALL);
  }

  private static Map<String, String> signed(
      byte[] body, Account account, String service, String names) {
    var headers = new HashMap<String, String>();
    headers.put("host", "bedrock-runtime.us-east-1.amazonaws.com");
    headers.put("x-amz-date", "20261121T100000Z");
    if (names.contains("sha256")) {
      headers.put("x-amz-content-sha256", sha256(body));
    }
    String signature =
        signature(
            "POST",
            TARGET.replace("%", "%25"),
            headers,
            names,
            body,
            account,
            "us-east-1",
            service);
    headers.put(
        "authorization", authorization(account, "20261121/us-east-1/" + service, names, signature));
    return headers;
  }

  private static String authorization(
      Account account, String scope, String names, String signature) {
    return "AWS4-HMAC-SHA256 Credential="
        + account.accessKeyId()
        + "/"
        + scope
        + "/aws4_request, SignedHeaders="
        + names
        + ", Signature="
        + signature;
  }

  /** Straight from the recipe, for targets that are canonical already. */
  private static String signature(
      String method,
      String target,
      Map<String, String> headers,
      String names,
      byte[] body,
      Account account,
      String region,
      String service) {
    String[] parts = (target + "?").split("\\?", -1);
    var canonical = new StringBuilder(method + "\n" + parts[0] + "\n" + parts[1] + "\n");
    for (String name : names.split(";", -1)) {
      canonical.append(name).append(":").append(headers.get(name)).append("\n");
    }
    canonical.append("\n").append(names).append("\n").append(sha256(body));
    String time = headers.getOrDefault("x-amz-date", "");
    String day = time.substring(0, 8);
    String toSign =
        "AWS4-HMAC-SHA256\n"
            + time
            + "\n"
            + day
            + "/"
            + region
            + "/"
            + service
            + "/aws4_request\n"
            + sha256(bytes(canonical.toString()));
    byte[] key = hmac(bytes("AWS4" + account.secretKey()), day);
    return HexFormat.of()
        .formatHex(hmac(hmac(hmac(hmac(key, region), service), "aws4_request"), toSign));
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(bytes(text));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static Account verify(
      String method, String target, Map<String, String> headers, String body, String service)
      throws ApiException {
    return AwsSignature.verify(
        new AwsSignature.Request(method, target, headers),
        bytes(body),
        List.of(EXAMPLE),
        service,
        EXAMPLE_TIME);
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ApiException.class, e -> assertThat(e.status()).isEqualTo(403))
        .hasMessageContaining(message);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
