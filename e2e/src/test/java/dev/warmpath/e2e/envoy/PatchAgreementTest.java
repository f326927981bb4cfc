package dev.warmpath.e2e.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.Section;
import dev.warmpath.config.v1.Config;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.SnapshotBuilder;
import dev.warmpath.controlplane.snapshot.XdsType;
import dev.warmpath.envoyconfig.EnvoyPatch;
import dev.warmpath.wire.Names;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What {@code envoy-patch} puts into an Envoy that is there already, and what the control plane
 * serves to one of its own, mean the same.
 */
class PatchAgreementTest {
  private static final Path EXAMPLE = Path.of("..", "conf", "example.yaml");
  private static final String BOOTSTRAP =
      """
      static_resources:
        listeners:
        - name: main
          filter_chains:
          - filters:
            - name: hcm
              typed_config:
                '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                route_config:
                  virtual_hosts:
                  - name: all
                    routes:
                    - match: {prefix: /}
                      route: {cluster: engines}
                http_filters:
                - name: envoy.filters.http.router
        clusters:
        - name: engines
      """;

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @ValueSource(strings = {"warmpath.decide", "warmpath.watch"})
  void filter_patchedAndServed_isTheSame(String name) throws IOException, ConfigException {
    JsonNode manager =
        patched().at("/static_resources/listeners/0/filter_chains/0/filters/0/typed_config");
    ExternalProcessor.Builder mine = ExternalProcessor.newBuilder();
    parse(named(manager.path("http_filters"), name).path("typed_config"), mine);

    Listener listener = served(XdsType.LISTENER, "warmpath").unpack(Listener.class);
    HttpFilter theirs =
        listener
            .getFilterChains(0)
            .getFilters(0)
            .getTypedConfig()
            .unpack(HttpConnectionManager.class)
            .getHttpFiltersList()
            .stream()
            .filter(filter -> filter.getName().equals(name))
            .findFirst()
            .orElseThrow();
    assertThat(mine.build()).isEqualTo(theirs.getTypedConfig().unpack(ExternalProcessor.class));
  }

  @ParameterizedTest
  @ValueSource(strings = {"warmpath_decide", "warmpath_watch"})
  void cluster_patchedAndServed_diesAlike(String name) throws IOException, ConfigException {
    Cluster.Builder mine = Cluster.newBuilder();
    parse(named(patched().at("/static_resources/clusters"), name), mine);

    Cluster theirs = served(XdsType.CLUSTER, name).unpack(Cluster.class);
    // Theirs is never asked for by name, so no host of it is ever removed.
    assertThat(mine.clearIgnoreHealthOnHostRemoval().build()).isEqualTo(theirs);
  }

  @Test
  void names_inThePatch_areThoseOfTheContract() throws IOException {
    Set<String> names =
        Pattern.compile("x-(warmpath|gateway)-[a-z-]*")
            .matcher(patched().toString())
            .results()
            .map(MatchResult::group)
            .collect(Collectors.toSet());
    // The keys are in the expression of what may be set, which the filters agree on.
    assertThat(names).containsExactlyInAnyOrder(Names.HEADER_PREFIX, Names.DESTINATION);
  }

  private JsonNode patched() throws IOException {
    Path file = Files.writeString(folder.resolve("envoy.yaml"), BOOTSTRAP);
    StringWriter errors = new StringWriter();
    int exitCode =
        EnvoyPatch.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(errors),
            file.toString(),
            "--write",
            // In the example it tells the tenant.
            "--forward-header=authorization");
    assertThat(exitCode).as(errors.toString()).isZero();
    return new ObjectMapper()
        .valueToTree(
            new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file)));
  }

  private static Any served(XdsType type, String name) throws ConfigException {
    Config config = ConfigFile.read(EXAMPLE, Section.CONTROL_PLANE);
    Any resource = SnapshotBuilder.build(config, Decisions.of(config)).of(type).byName().get(name);
    return Objects.requireNonNull(resource, name);
  }

  private static JsonNode named(JsonNode list, String name) {
    for (JsonNode item : list) {
      if (item.path("name").asText().equals(name)) {
        return item;
      }
    }
    throw new AssertionError("no " + name);
  }

  private static void parse(JsonNode json, Message.Builder into)
      throws InvalidProtocolBufferException {
    ObjectNode fields = json.deepCopy();
    fields.remove("@type");
    JsonFormat.parser()
        .usingTypeRegistry(
            TypeRegistry.newBuilder().add(HttpProtocolOptions.getDescriptor()).build())
        .merge(fields.toString(), into);
  }
}
