package dev.warmpath.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DemoWorkloadTest {
  private static final DemoWorkload.Options OPTIONS =
      new DemoWorkload.Options(1, 6, 400, 20, 0.3, "sim-model", "claude-sonnet-5-5");

  private final DemoWorkload workload = new DemoWorkload(OPTIONS);

  @Test
  void request_sameSeed_isTheSameBytes() {
    var again = new DemoWorkload(OPTIONS);
    for (int i = 0; i < workload.size(); i += 37) {
      assertThat(again.request(i).body()).isEqualTo(workload.request(i).body());
      assertThat(again.atNanos(i)).isEqualTo(workload.atNanos(i));
    }
  }

  @Test
  void atNanos_ofAll_risesToTheGivenEnd() {
    for (int i = 1; i < workload.size(); i++) {
      assertThat(workload.atNanos(i)).isGreaterThanOrEqualTo(workload.atNanos(i - 1));
    }
    assertThat(workload.atNanos(workload.size() - 1)).isEqualTo(20_000_000_000L);
  }

  @Test
  void request_both_routesAndManyTenants_areValidJson() throws IOException {
    var json = new ObjectMapper();
    Map<String, Integer> groups = new HashMap<>();
    Set<String> tenants = new HashSet<>();
    for (int i = 0; i < workload.size(); i++) {
      LoadRequest request = workload.request(i);
      JsonNode body = json.readTree(request.body());
      boolean provider = request.group().equals(DemoWorkload.PROVIDER);
      groups.merge(request.group(), 1, Integer::sum);
      tenants.add(request.headers().getOrDefault("x-tenant", ""));
      assertThat(body.path("model").asText())
          .isEqualTo(provider ? "claude-sonnet-5-5" : "sim-model");
      assertThat(body.path("max_tokens").asInt()).isPositive();
      assertThat(body.path("messages").path(provider ? 0 : 1).path("role").asText())
          .isEqualTo("user");
      assertThat(request.body()).hasSizeBetween(1_000, 100_000);
    }
    assertThat(tenants).hasSize(6);
    assertThat(groups.get(DemoWorkload.POOL)).isBetween(200, 340);
  }

  @Test
  void request_laterTurnOfAChat_startsWithTheEarlierOne() throws IOException {
    Map<String, String> last = new HashMap<>();
    int grown = 0;
    for (int i = 0; i < workload.size(); i++) {
      LoadRequest request = workload.request(i);
      String session = request.headers().getOrDefault("x-session-id", "");
      String messages = new ObjectMapper().readTree(request.body()).path("messages").toString();
      String earlier = last.put(session, messages.substring(0, messages.length() - 1));
      if (earlier != null && messages.startsWith(earlier)) {
        grown++;
      }
    }
    assertThat(grown).isGreaterThan(100);
  }
}
