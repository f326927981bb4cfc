package dev.warmpath.e2e.provider;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.e2e.http.HttpServer;
import dev.warmpath.e2e.provider.ProviderAccess.Account;
import dev.warmpath.e2e.provider.ProviderRules.Kind;
import dev.warmpath.e2e.provider.requests.ProviderRequest;
import dev.warmpath.e2e.provider.requests.ProviderRequests;
import dev.warmpath.e2e.stack.Stack;
import dev.warmpath.e2e.stack.StackSettings;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Generated requests to every provider through a real Envoy and the service that marks them: what a
 * provider takes as the client sent it, it takes as it arrives, and it refuses the rest with the
 * same status.
 */
class ProvidersIT {
  private static final int REQUESTS = 1_000;
  private static final int TIMEOUT_MILLIS = 20_000;

  @TempDir static Path folder;

  private static final Map<String, SimulatedApis> APIS = new LinkedHashMap<>();

  private static EventLoopGroup loop;
  private static Stack stack;

  @BeforeAll
  static void start() throws IOException {
    loop = HttpServer.loops("providers", 1);
    ProviderRoutes.PROVIDERS.forEach(
        (name, kinds) ->
            APIS.put(
                name,
                SimulatedApis.start(
                    loop.next(),
                    ProviderAccess.DEFAULTS,
                    InstantSource.system(),
                    kinds.toArray(Kind[]::new))));
    Path credentials = folder.resolve("credentials");
    Account north = ProviderAccess.DEFAULTS.accounts().getFirst();
    Files.writeString(
        credentials,
        "[default]\naws_access_key_id=%s\naws_secret_access_key=%s\n"
            .formatted(north.accessKeyId(), north.secretKey()));
    String bedrock = requireNonNull(APIS.get("bedrock")).address();
    String signed =
        ("- {name: signed, catalogue: bedrock, address: '%s', api: bedrock_converse,"
                + " plaintext: true, aws_signing: {region: us-east-1, credentials_file: '%s'}}\n")
            .formatted(bedrock, credentials);
    stack =
        Stack.start(
            StackSettings.of(
                    ProviderRoutes.yaml(
                        name -> requireNonNull(APIS.get(name)).address(),
                        signed,
                        "- {id: signed, headers: {x-to: signed}, provider: signed, annotate:"
                            + " active}\n"))
                .withReplicas(1)
                .withQuickStart()
                .withWarmUp(240)
                .withEnvoy("message_timeout: 10s\next_proc_probe_interval: 2s"));
  }

  @AfterAll
  static void stop() {
    stack.close();
    APIS.values().forEach(SimulatedApis::close);
    HttpServer.close(loop);
  }

  @Test
  void requests_takenAsTheClientSentThem_areTakenAsTheyArrive() throws IOException {
    // Envoy tells a provider its own address as the host, and clients sign for that.
    ProviderRequests requests =
        ProviderRequests.seeded(
            11, InstantSource.system(), requireNonNull(APIS.get("bedrock")).address());
    var rules = new EnumMap<Kind, ProviderRules>(Kind.class);
    var wrong = new ArrayList<String>();
    int taken = 0;
    for (int i = 0; i < REQUESTS; i++) {
      ProviderRequest request = requests.next();
      int status = status(rules, request);
      taken += status == 200 ? 1 : 0;
      String answer = post(request);
      if (!answer.startsWith("HTTP/1.1 " + status)) {
        wrong.add(
            "%s %s: %s".formatted(request.kind(), request.model(), answer.replaceAll("\\s+", " ")));
      }
    }
    assertThat(wrong).as("%d of %d", wrong.size(), taken).isEmpty();
    assertThat(taken).isGreaterThan(REQUESTS * 98 / 100);
    assertThat(APIS.values().stream().mapToInt(apis -> apis.served().size()).sum())
        .isEqualTo(taken);
    assertThat(stack.extProcMetric("warmpath_requests_planned_total")).isEqualTo(REQUESTS);
    ProviderRoutes.PROVIDERS.forEach(
        (name, kinds) -> kinds.forEach(kind -> assertIsMarked(name, kind)));
  }

  /** Whether what the provider takes was placed, and nothing else. */
  private static void assertIsMarked(String provider, Kind kind) {
    boolean takesMarkers =
        !Set.of(
                Kind.AZURE,
                Kind.GROQ,
                Kind.MISTRAL,
                Kind.XAI_CHAT,
                Kind.XAI_RESPONSES,
                Kind.FIREWORKS)
            .contains(kind);
    boolean takesKeys =
        Set.of(
                Kind.OPENAI_CHAT,
                Kind.OPENAI_RESPONSES,
                Kind.AZURE,
                Kind.MISTRAL,
                Kind.XAI_CHAT,
                Kind.XAI_RESPONSES,
                Kind.FIREWORKS,
                Kind.OPENROUTER)
            .contains(kind);
    assertThat(annotated(provider, kind, "placed") > 0)
        .as("%s: markers", kind)
        .isEqualTo(takesMarkers);
    assertThat(annotated(provider, kind, "told") > 0)
        .as("%s: key or session", kind)
        .isEqualTo(takesKeys);
    assertThat(annotated(provider, kind, "rejected_before")).as("%s: refused", kind).isZero();
  }

  private static double annotated(String provider, Kind kind, String decision) {
    return stack.extProcMetric(
        "warmpath_annotations_total",
        "route=\"" + ProviderRoutes.route(provider, kind) + "\"",
        "decision=\"" + decision + "\"");
  }

  /**
   * A client that doesn't sign sends what Envoy signs after the edit: the provider finds its own
   * digest of what arrived in the signature.
   */
  @Test
  void request_thatEnvoySigns_isMarkedAndItsSignatureHolds() throws IOException {
    int before = requireNonNull(APIS.get("bedrock")).served().size();
    String text = "All that is known of the matter. ".repeat(2_000);

    for (String own : List.of("", "authorization: Bearer of-the-client\r\n")) {
      // Each a prompt of its own: while one is being written, nobody else marks it.
      String body =
          """
          {"system":[{"text":"%d %s"}],"messages":[{"role":"user","content":[{"text":"Why?"}]}]}\
          """
              .formatted(own.length(), text);
      String answer =
          post(
              "/model/anthropic.claude-opus-5-5-v1%3A0/converse",
              "content-type: application/json\r\nhost: warmpath.test\r\nx-to: signed\r\n" + own,
              body.getBytes(StandardCharsets.UTF_8));

      assertThat(answer).startsWith("HTTP/1.1 200");
      assertThat(answer).containsPattern("\"cache(Read|Write)InputTokens\":\\s*[1-9]");
    }
    assertThat(requireNonNull(APIS.get("bedrock")).served()).hasSize(before + 2);
  }

  /**
   * A client that signs for itself, as AWS's kits do, with a key that the provider doesn't know,
   * for another region, an hour ago: nothing of that arrives, and the body may be edited.
   */
  @Test
  void request_thatItsClientSigned_isMarkedWhereEnvoySignsAnew() throws IOException {
    SimulatedApis bedrock = requireNonNull(APIS.get("bedrock"));
    int before = bedrock.served().size();
    String target = "/model/anthropic.claude-opus-5-5-v1%3A0/converse";
    byte[] body =
        """
        {"system":[{"text":"%s"}],"messages":[{"role":"user","content":[{"text":"Who?"}]}]}\
        """
            .formatted("All that a client signed itself. ".repeat(2_000))
            .getBytes(StandardCharsets.UTF_8);
    Map<String, String> signed =
        AwsSignature.sign(
            new AwsSignature.Request(
                "POST",
                target,
                Map.of(
                    "content-type", "application/json",
                    "host", "bedrock-runtime.eu-west-1.amazonaws.com",
                    "x-amz-security-token", "of the client's own session")),
            body,
            new Account("stranger", "", "AKIDSTRANGER", "another secret"),
            new AwsSignature.Scope("eu-west-1", "bedrock"),
            InstantSource.system().instant().minusSeconds(3_600));
    var head = new StringBuilder("x-to: signed\r\n");
    signed.forEach((name, value) -> head.append(name + ": " + value + "\r\n"));

    String answer = post(target, head.toString(), body);

    assertThat(answer).startsWith("HTTP/1.1 200");
    assertThat(answer).containsPattern("\"cacheWriteInputTokens\":\\s*[1-9]");
    assertThat(bedrock.served()).hasSize(before + 1);
  }

  /** What a provider would answer if nobody were between. */
  private static int status(Map<Kind, ProviderRules> rules, ProviderRequest request) {
    try {
      rules
          .computeIfAbsent(request.kind(), ProviderRules::of)
          .judge(request.target(), request.headers(), request.body());
      return 200;
    } catch (ApiException e) {
      return e.status();
    }
  }

  /** The whole response, as it comes. */
  private static String post(ProviderRequest request) throws IOException {
    var head = new StringBuilder();
    request.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    if (!request.headers().containsKey("host")) {
      head.append("host: warmpath.test\r\n");
    }
    head.append(ProviderRoutes.HEADER + ": " + ProviderRoutes.route(request) + "\r\n");
    return post(request.target(), head.toString(), request.body());
  }

  private static String post(String target, String headers, byte[] body) throws IOException {
    String head =
        "POST %s HTTP/1.1\r\n%sconnection: close\r\ncontent-length: %d\r\n\r\n"
            .formatted(target, headers, body.length);
    String address = stack.address();
    int colon = address.lastIndexOf(':');
    try (var socket =
        new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)))) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(body);
      socket.getOutputStream().flush();
      InputStream in = socket.getInputStream();
      String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return answer.substring(0, Math.min(answer.length(), 1_500));
    }
  }
}
