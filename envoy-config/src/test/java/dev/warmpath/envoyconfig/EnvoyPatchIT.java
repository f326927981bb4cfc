package dev.warmpath.envoyconfig;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Patched configurations in a real Envoy. */
class EnvoyPatchIT {
  private static final int LIMIT_BYTES = 4 << 20;

  @TempDir private Path folder = Path.of("");

  static Stream<Arguments> patches() {
    PatchOptions socket = PatchOptions.of(new ExtProcAddress.UnixSocket("/run/warmpath/a.sock"));
    PatchOptions everything =
        new PatchOptions(
            List.of(
                new ExtProcAddress.HostPort("127.0.0.1", 1), new ExtProcAddress.HostPort("::1", 2)),
            null,
            1 << 20,
            PatchOptions.DEFAULT_PATHS,
            Set.of(),
            Set.of(),
            Set.of("engines", "engines-canary"),
            List.of("x-tenant"),
            Set.of("authorization"),
            Set.of(PatchOptions.Extra.values()));
    return Stream.concat(
        Corpus.NAMES.stream().map(name -> Arguments.of(name, socket)),
        Stream.of(Arguments.of("full", everything)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patches")
  void patch_anyOfTheCorpus_isValidWithoutNewWarnings(String name, PatchOptions options)
      throws IOException, InterruptedException, PatchException {
    Path before = folder.resolve("before.yaml");
    Path after = folder.resolve("after.yaml");
    Files.writeString(before, Corpus.text(name));
    Files.writeString(
        after, Patch.apply(SourceText.of(Corpus.text(name)), options).text().toString());

    List<String> known =
        RealEnvoy.validate(before).stream()
            .map(l -> l.replace("before.yaml", "after.yaml"))
            .toList();
    assertThat(RealEnvoy.validate(after)).isSubsetOf(known);
  }

  /** No processor runs: whatever is sent comes through, and only prompts are offered to one. */
  @Test
  void patchedEnvoy_withoutProcessor_passesEverythingAndStripsReservedHeaders()
      throws IOException, InterruptedException, PatchException {
    HttpServer upstream =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.createContext(
        "/",
        exchange -> {
          String digest = sha256(exchange.getRequestBody());
          String reserved =
              exchange.getRequestHeaders().keySet().stream()
                  .map(String::toLowerCase)
                  .filter(h -> h.startsWith("x-warmpath-") || h.startsWith("x-gateway-"))
                  .toList()
                  .toString();
          byte[] answer = (digest + reserved).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    upstream.start();
    String bootstrap =
        Corpus.text("minimal")
                .replace("port_value: 10000", "port_value: 0")
                .replace("port_value: 10001", "port_value: " + upstream.getAddress().getPort())
                .replace(
                    "route: { cluster: engines, timeout: 0s }",
                    "route: { cluster: engines, timeout: 0s }\n"
                        + "                request_headers_to_add: [{header: {key:"
                        + " x-warmpath-key-root, value: late}}]")
            + "admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}\n";
    Path config = folder.resolve("envoy.yaml");
    PatchOptions options = PatchOptions.of(new ExtProcAddress.HostPort("127.0.0.1", 1));
    Files.writeString(config, Patch.apply(SourceText.of(bootstrap), options).text().toString());

    byte[] small = "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8);
    byte[] full = random(LIMIT_BYTES);
    byte[] large = random(LIMIT_BYTES + 1);
    try (RealEnvoy envoy = RealEnvoy.start(config);
        HttpClient http = HttpClient.newHttpClient()) {
      String root = "http://" + envoy.address();
      assertOffered(envoy, 0);
      for (String path : List.of("/v1/chat/completions", "/team/v1/messages?beta=true")) {
        assertPasses(http, root + path, BodyPublishers.ofByteArray(small), small);
      }
      assertOffered(envoy, 2);
      assertPasses(http, root + "/v1/messages", BodyPublishers.ofByteArray(full), full);
      assertOffered(envoy, 3);
      assertPasses(http, root + "/v1/messages", chunked(small), small);
      assertPasses(http, root + "/v1/messages", chunked(large), large);
      assertOffered(envoy, 5);
      assertPasses(http, root + "/v1/messages", BodyPublishers.ofByteArray(large), large);
      assertPasses(http, root + "/v1/files", BodyPublishers.ofByteArray(small), small);
      assertPasses(http, root + "/v1/messages/batches", chunked(small), small);
      assertPasses(http, root + "/v1/messages", BodyPublishers.noBody(), new byte[0]);
      assertOffered(envoy, 5);
      assertThat(envoy.stat("http.ingress.ext_proc.decide.failure_mode_allowed")).isEqualTo(5);
      assertThat(envoy.log()).doesNotContainIgnoringCase("deprecated", "work-in-progress");
    } finally {
      upstream.stop(0);
    }
  }

  /** Each attempt to reach a processor finds none healthy. */
  private static void assertOffered(RealEnvoy envoy, long times)
      throws IOException, InterruptedException {
    assertThat(envoy.stat("cluster.warmpath_decide.upstream_cx_none_healthy")).isEqualTo(times);
    assertThat(envoy.stat("cluster.warmpath_watch.upstream_cx_none_healthy")).isEqualTo(times);
  }

  private static void assertPasses(HttpClient http, String uri, BodyPublisher body, byte[] bytes)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(uri))
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(Duration.ofSeconds(20))
            .header("x-warmpath-key-root", "forged")
            .header("X-Gateway-Destination-Endpoint", "10.0.0.1:80")
            .POST(body)
            .build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());

    assertThat(response.statusCode()).as(uri).isEqualTo(200);
    // An empty list behind the digest: no reserved header came through.
    assertThat(response.body()).as(uri).isEqualTo(sha256(new ByteArrayInputStream(bytes)) + "[]");
  }

  private static BodyPublisher chunked(byte[] bytes) {
    return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static String sha256(InputStream in) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(in.readAllBytes()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
