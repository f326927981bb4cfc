package dev.warmpath.e2e.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.http.Fault;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class EngineFleetTest {
  @Test
  void admin_faultAndReset_reachTheEngines() throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient();
        var fleet = EngineFleet.start(EngineFleet.alike(3, EngineSettings.DEFAULTS))) {
      assertThat(send(client, fleet, "POST", "/engines/e1/fault?kind=dead").statusCode())
          .isEqualTo(200);
      assertThat(fleet.engines().get(1).fault()).isEqualTo(new Fault.Dead());
      assertThat(send(client, fleet, "POST", "/engines/e1/fault?kind=none").statusCode())
          .isEqualTo(200);
      assertThat(fleet.engines().get(1).fault()).isEqualTo(Fault.NONE);
      assertThat(send(client, fleet, "POST", "/reset").statusCode()).isEqualTo(200);
      JsonNode list = new ObjectMapper().readTree(send(client, fleet, "GET", "/engines").body());
      assertThat(list).hasSize(3);
      assertThat(list.path(2).path("id").asText()).isEqualTo("e2");
      assertThat(send(client, fleet, "GET", "/engines/e0/requests").body()).isEqualTo("[]");
    }
  }

  @Test
  void admin_nonsense_isRefusedWithTheExpectation() throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient();
        var fleet = EngineFleet.start(EngineFleet.alike(1, EngineSettings.DEFAULTS))) {
      HttpResponse<String> response = send(client, fleet, "POST", "/engines/e0/fault?kind=fire");
      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(response.body()).contains("expected: none, slow");
      assertThat(send(client, fleet, "GET", "/engines/e9/requests").statusCode()).isEqualTo(400);
      assertThat(send(client, fleet, "GET", "/elsewhere").statusCode()).isEqualTo(404);
    }
  }

  private static HttpResponse<String> send(
      HttpClient client, EngineFleet fleet, String method, String path)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://" + fleet.adminAddress() + path))
            .version(HttpClient.Version.HTTP_1_1)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
