package dev.warmpath.controlplane.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.warmpath.controlplane.admin.AdminServer.Reply;
import dev.warmpath.controlplane.admin.AdminServer.Switch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdminServerTest {
  private final FakeBackend backend = new FakeBackend();
  private final HttpClient http = HttpClient.newHttpClient();
  private AdminServer server;

  @BeforeEach
  void start() throws IOException {
    server = new AdminServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), backend);
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  @Test
  void readiness_withoutASnapshot_is503() throws Exception {
    backend.ready = false;
    assertThat(send("GET", "/readyz").statusCode()).isEqualTo(503);
    assertThat(send("GET", "/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void readiness_withComplaints_isReadyAndTellsThem() throws Exception {
    backend.complaints = List.of("configuration refused: line 3");
    HttpResponse<String> response = send("GET", "/readyz");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("ready\nconfiguration refused: line 3\n");
  }

  @Test
  void documents_allOfThem_areServed() throws Exception {
    assertThat(send("GET", "/metrics").body()).isEqualTo("up 1\n");
    assertThat(send("GET", "/decisions").body()).isEqualTo("\"decisions\"\n");
    assertThat(send("GET", "/audit").body()).isEqualTo("\"audit\"\n");
    assertThat(send("GET", "/ledger").body()).isEqualTo("\"ledger\"\n");
    assertThat(send("GET", "/volatility").body()).isEqualTo("\"volatility\"\n");
  }

  @Test
  void drain_ofAnIdWithSpecialCharacters_isDecoded() throws Exception {
    assertThat(send("POST", "/endpoints/chat/10.0.0.1%3A80/drain").statusCode()).isEqualTo(200);
    assertThat(send("DELETE", "/endpoints/chat/10.0.0.1:80/drain").statusCode()).isEqualTo(200);
    assertThat(backend.deeds)
        .containsExactly("drain chat 10.0.0.1:80 ON", "drain chat 10.0.0.1:80 OFF");
  }

  @Test
  void freeze_onAndOff_isPassedOn() throws Exception {
    assertThat(send("POST", "/loops/weight/freeze").statusCode()).isEqualTo(200);
    assertThat(send("DELETE", "/loops/weight/freeze").statusCode()).isEqualTo(200);
    assertThat(backend.deeds).containsExactly("freeze weight ON", "freeze weight OFF");
  }

  @Test
  void reply_unknownOrFailed_hasItsStatus() throws Exception {
    backend.reply = new Reply.Unknown("endpoint: z");
    assertThat(send("POST", "/endpoints/chat/z/drain").statusCode()).isEqualTo(404);
    backend.reply = new Reply.Failed("disk full");
    HttpResponse<String> response = send("POST", "/endpoints/chat/a/drain");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).isEqualTo("disk full\n");
  }

  @Test
  void change_fromAWebPage_isForbidden() throws Exception {
    HttpResponse<String> response =
        http.send(
            request("POST", "/endpoints/chat/a/drain")
                .header("Origin", "http://evil.example")
                .build(),
            BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(403);
    assertThat(backend.deeds).isEmpty();
  }

  @Test
  void path_unknown_isNotFoundAndMethodsAreChecked() throws Exception {
    assertThat(send("GET", "/").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/../etc/passwd").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/endpoints/chat/a/drain").statusCode()).isEqualTo(404);
    assertThat(send("POST", "/livez").statusCode()).isEqualTo(404);
    assertThat(send("PUT", "/livez").statusCode()).isEqualTo(405);
  }

  @Test
  void address_beyondLoopback_isRefused() {
    assertThatThrownBy(() -> new AdminServer(new InetSocketAddress(0), backend))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected: loopback");
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    return http.send(request(method, path).build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String method, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .method(method, HttpRequest.BodyPublishers.noBody());
  }

  private static final class FakeBackend implements AdminServer.Backend {
    private final List<String> deeds = new ArrayList<>();
    private boolean ready = true;
    private List<String> complaints = List.of();
    private Reply reply = new Reply.Done();

    @Override
    public boolean ready() {
      return ready;
    }

    @Override
    public List<String> complaints() {
      return complaints;
    }

    @Override
    public String metrics() {
      return "up 1\n";
    }

    @Override
    public void decisions(JsonGenerator json) throws IOException {
      json.writeString("decisions");
    }

    @Override
    public void audit(JsonGenerator json) throws IOException {
      json.writeString("audit");
    }

    @Override
    public void ledger(JsonGenerator json) throws IOException {
      json.writeString("ledger");
    }

    @Override
    public void volatility(JsonGenerator json) throws IOException {
      json.writeString("volatility");
    }

    @Override
    public Reply drain(String pool, String endpointId, Switch to) {
      deeds.add("drain " + pool + " " + endpointId + " " + to);
      return reply;
    }

    @Override
    public Reply freeze(String loop, Switch to) {
      deeds.add("freeze " + loop + " " + to);
      return reply;
    }
  }
}
