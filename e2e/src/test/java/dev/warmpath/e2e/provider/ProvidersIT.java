package dev.warmpath.e2e.provider;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.e2e.http.HttpServer;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Generated requests to every provider through a real Envoy and the service that marks them: what a
 * provider takes as the client sent it, it takes as it arrives, and it refuses the rest with the
 * same status.
 */
class ProvidersIT {
  private static final int REQUESTS = 1_000;
  private static final int TIMEOUT_MILLIS = 20_000;

  /** The providers of the catalogue, and what each of them takes. */
  private static final Map<String, List<Kind>> PROVIDERS = new LinkedHashMap<>();

  static {
    PROVIDERS.put("anthropic", List.of(Kind.ANTHROPIC));
    PROVIDERS.put("kimi", List.of(Kind.ANTHROPIC_WITHOUT_TTL));
    PROVIDERS.put("minimax", List.of(Kind.ANTHROPIC_WITHOUT_TTL));
    PROVIDERS.put("bedrock", List.of(Kind.BEDROCK_CONVERSE, Kind.BEDROCK_INVOKE));
    PROVIDERS.put("vertex", List.of(Kind.VERTEX));
    PROVIDERS.put("openai", List.of(Kind.OPENAI_CHAT, Kind.OPENAI_RESPONSES));
    PROVIDERS.put("azure", List.of(Kind.AZURE));
    PROVIDERS.put("qwen", List.of(Kind.QWEN));
    PROVIDERS.put("groq", List.of(Kind.GROQ));
    PROVIDERS.put("mistral", List.of(Kind.MISTRAL));
  }

  private static final Map<String, SimulatedApis> APIS = new LinkedHashMap<>();

  private static EventLoopGroup loop;
  private static Stack stack;

  @BeforeAll
  static void start() {
    loop = HttpServer.loops("providers", 1);
    var providers = new StringBuilder("providers:\n");
    var routes = new StringBuilder("routes:\n");
    PROVIDERS.forEach(
        (name, kinds) -> {
          SimulatedApis apis =
              SimulatedApis.start(
                  loop.next(),
                  ProviderAccess.DEFAULTS,
                  InstantSource.system(),
                  kinds.toArray(Kind[]::new));
          APIS.put(name, apis);
          for (Kind kind : kinds) {
            // A provider of the configuration speaks one API.
            String provider = kind == kinds.getFirst() ? name : route(name, kind);
            providers.append(
                "- {name: %s, address: '%s', api: %s, plaintext: true}\n"
                    .formatted(provider, apis.address(), api(kind)));
            routes.append(
                "- {id: %s, headers: {x-to: %s}, provider: %s, annotate: active}\n"
                    .formatted(route(name, kind), route(name, kind), provider));
          }
        });
    stack =
        Stack.start(
            StackSettings.of(providers.toString() + routes)
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
    assertThat(stack.extProcMetric("warmpath_annotations_total", "decision=\"placed\""))
        .as("markers placed")
        .isPositive();
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

  private static String route(String provider, Kind kind) {
    return provider + "-" + kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String api(Kind kind) {
    return switch (kind) {
      case BEDROCK_CONVERSE -> "bedrock_converse";
      case OPENAI_RESPONSES -> "openai_responses";
      case OPENAI_CHAT, AZURE, QWEN, GROQ, MISTRAL -> "openai_chat";
      default -> "anthropic_messages";
    };
  }

  /** The whole response, as it comes. */
  private static String post(ProviderRequest request) throws IOException {
    var head = new StringBuilder("POST " + request.target() + " HTTP/1.1\r\n");
    request.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    if (!request.headers().containsKey("host")) {
      head.append("host: warmpath.test\r\n");
    }
    head.append("x-to: " + route(request.provider(), request.kind()) + "\r\n");
    head.append("connection: close\r\ncontent-length: " + request.body().length + "\r\n\r\n");
    String address = stack.address();
    int colon = address.lastIndexOf(':');
    try (var socket =
        new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)))) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(request.body());
      socket.getOutputStream().flush();
      InputStream in = socket.getInputStream();
      String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return answer.substring(0, Math.min(answer.length(), 1_500));
    }
  }
}
