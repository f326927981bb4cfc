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
import java.util.Map;
import java.util.Set;
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

  private static final Map<String, SimulatedApis> APIS = new LinkedHashMap<>();

  private static EventLoopGroup loop;
  private static Stack stack;

  @BeforeAll
  static void start() {
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
    stack =
        Stack.start(
            StackSettings.of(ProviderRoutes.yaml(name -> requireNonNull(APIS.get(name)).address()))
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
    boolean takesMarkers = !Set.of(Kind.AZURE, Kind.GROQ, Kind.MISTRAL).contains(kind);
    boolean takesKeys =
        Set.of(Kind.OPENAI_CHAT, Kind.OPENAI_RESPONSES, Kind.AZURE, Kind.MISTRAL).contains(kind);
    assertThat(annotated(provider, kind, "placed") > 0)
        .as("%s: markers", kind)
        .isEqualTo(takesMarkers);
    assertThat(annotated(provider, kind, "told") > 0)
        .as("%s: prompt_cache_key", kind)
        .isEqualTo(takesKeys);
    assertThat(annotated(provider, kind, "rejected_before")).as("%s: refused", kind).isZero();
  }

  private static double annotated(String provider, Kind kind, String decision) {
    return stack.extProcMetric(
        "warmpath_annotations_total",
        "route=\"" + ProviderRoutes.route(provider, kind) + "\"",
        "decision=\"" + decision + "\"");
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
    var head = new StringBuilder("POST " + request.target() + " HTTP/1.1\r\n");
    request.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    if (!request.headers().containsKey("host")) {
      head.append("host: warmpath.test\r\n");
    }
    head.append(ProviderRoutes.HEADER + ": " + ProviderRoutes.route(request) + "\r\n");
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
