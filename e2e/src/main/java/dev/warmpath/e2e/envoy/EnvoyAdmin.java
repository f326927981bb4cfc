package dev.warmpath.e2e.envoy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashMap;
import java.util.Map;

/** The admin interface of one Envoy. Blocks; thread-safe. */
public final class EnvoyAdmin {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String address;

  /**
   * @param address {@code ip:port}
   */
  EnvoyAdmin(String address) {
    this.address = address;
  }

  /** {@code ip:port}. */
  public String address() {
    return address;
  }

  public boolean isReady() {
    return Http.isOk(url("/ready"));
  }

  /** The body of a GET. */
  public String get(String path) {
    return Http.call("GET", url(path));
  }

  /** The body of a POST, which admin calls that change something need. */
  public String post(String path) {
    return Http.call("POST", url(path));
  }

  /** Counters and gauges by name; histograms and texts are left out. */
  public Map<String, Long> stats() {
    var stats = new HashMap<String, Long>();
    for (String line : get("/stats").split("\n", -1)) {
      int colon = line.lastIndexOf(": ");
      if (colon < 0) {
        continue;
      }
      String value = line.substring(colon + 2);
      if (!value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9')) {
        stats.put(line.substring(0, colon), Long.parseUnsignedLong(value));
      }
    }
    return stats;
  }

  /** One counter or gauge; 0 when Envoy doesn't have it (yet). */
  public long stat(String name) {
    return stats().getOrDefault(name, 0L);
  }

  /** {@code /config_dump?include_eds}. */
  public JsonNode configDump() {
    return json("/config_dump?include_eds");
  }

  /** {@code /clusters?format=json}: endpoints with health and counters. */
  public JsonNode clusters() {
    return json("/clusters?format=json");
  }

  /** The port that a listener got; bootstraps of tests let it bind 0. */
  public int listenerPort(String name) {
    for (JsonNode listener : json("/listeners?format=json").path("listener_statuses")) {
      if (listener.path("name").asText().equals(name)) {
        return listener.path("local_address").path("socket_address").path("port_value").asInt();
      }
    }
    throw new IllegalStateException("Envoy has no listener %s".formatted(name));
  }

  /** Drains all listeners gracefully. */
  public void drain() {
    post("/drain_listeners?graceful");
  }

  private JsonNode json(String path) {
    try {
      return JSON.readTree(get(path));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("%s is not JSON".formatted(url(path)), e);
    }
  }

  private String url(String path) {
    return "http://" + address + path;
  }
}
