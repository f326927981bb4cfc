package dev.warmpath.envoyconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlannerTest {
  private static final String FILTERS = "static_resources.listeners[0].filter_chains[0].filters[0]";

  private static List<Fault> faults(String text) {
    return faults(text, Corpus.DEFAULTS);
  }

  private static List<Fault> faults(String text, PatchOptions options) {
    try {
      Patch.apply(SourceText.of(text), options);
    } catch (PatchException e) {
      return e.faults();
    }
    throw new AssertionError("no fault");
  }

  private static String minimal(String from, String to) {
    String text = Corpus.text("minimal");
    assertThat(text).contains(from);
    return text.replace(from, to);
  }

  private static PatchOptions only(Set<String> listeners, Set<String> clusters) {
    PatchOptions d = Corpus.DEFAULTS;
    return new PatchOptions(
        d.extProc(),
        d.tls(),
        d.routeLimitBytes(),
        d.paths(),
        listeners,
        clusters,
        Set.of(),
        List.of(),
        Set.of(),
        Set.of());
  }

  @Test
  void plan_brokenYaml_namesTheLine() {
    assertThat(faults("a: b\nc: [\n"))
        .singleElement()
        .satisfies(fault -> assertThat(fault.line()).isEqualTo(3))
        .satisfies(fault -> assertThat(fault.expected()).isEqualTo("YAML 1.2"));
  }

  @Test
  void plan_noBootstrap_saysWhatOneIs() {
    assertThat(faults(""))
        .extracting(Fault::expected)
        .containsExactly("an Envoy bootstrap: a mapping");
    assertThat(faults("- a\n")).hasSize(1);
    assertThat(faults("admin: {}\n")).extracting(Fault::path).containsExactly("static_resources");
    assertThat(faults("a: b\n---\nc: d\n"))
        .extracting(Fault::expected)
        .containsExactly("one document");
  }

  @Test
  void plan_duplicateKeys_namesEach() {
    assertThat(faults("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n"))
        .containsExactly(
            new Fault(2, "a", "a", "each field once"), new Fault(5, "b.c", "c", "each field once"));
  }

  @Test
  void plan_flowStyleFilters_namesTheLine() {
    String text = Corpus.text("minimal");
    int from = text.indexOf("          http_filters:");
    String flow =
        text.substring(0, from)
            + "          http_filters: [{name: envoy.filters.http.router, typed_config: {'@type':"
            + " type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}]\n"
            + text.substring(text.indexOf("  clusters:\n"));

    assertThat(faults(flow))
        .containsExactly(
            new Fault(
                19,
                FILTERS + ".typed_config.http_filters",
                "[…]",
                "block style: one item a line, each after a dash"));
  }

  @Test
  void plan_aliasedHttpFilters_areNotEdited() {
    String text =
        minimal("http_filters:\n", "http_filters: &filters\n")
            .replace("  - name: engines\n", "  - name: engines\n    metadata: *filters\n");

    assertThat(faults(text))
        .extracting(Fault::expected)
        .containsExactly("no aliases to what is to be edited: they would change, too");
  }

  @Test
  void plan_severalFaults_areReportedTogether() {
    String text =
        minimal("    load_assignment:\n", "    http2_protocol_options: {}\n    load_assignment:\n")
            .replace("router.v3.Router", "cors.v3.Cors")
            .replace("name: envoy.filters.http.router", "name: cors");

    assertThat(faults(text))
        .containsExactly(
            new Fault(
                19,
                FILTERS + ".typed_config.http_filters",
                "",
                "http_filters with the router last"),
            new Fault(
                25,
                "static_resources.clusters[0].http2_protocol_options",
                "http2_protocol_options",
                "typed_extension_protocol_options instead,"
                    + " envoy.extensions.upstreams.http.v3.HttpProtocolOptions"));
  }

  @Test
  void plan_routesFromElsewhere_areRefused() {
    String text = Corpus.text("minimal");
    String rds =
        text.substring(0, text.indexOf("          route_config:"))
            + "          rds: {route_config_name: r}\n"
            + text.substring(text.indexOf("          http_filters:"));

    assertThat(faults(rds))
        .containsExactly(
            new Fault(
                12,
                FILTERS + ".typed_config.rds",
                "",
                "route_config in this file; or name the listeners that have it"));
  }

  @Test
  void plan_unknownCluster_namesTheRoute() {
    assertThat(faults(minimal("cluster: engines,", "cluster: other,")))
        .singleElement()
        .satisfies(fault -> assertThat(fault.line()).isEqualTo(18))
        .satisfies(fault -> assertThat(fault.value()).isEqualTo("other"));
  }

  @Test
  void plan_ourNamesTaken_isRefused() {
    assertThat(
            faults(minimal("  - name: engines\n", "  - name: warmpath_watch\n  - name: engines\n")))
        .extracting(Fault::value)
        .containsExactly("warmpath_watch");
  }

  @Test
  void plan_unknownListenerOrCluster_isRefused() {
    String text = Corpus.text("minimal");

    assertThat(faults(text, only(Set.of("mian"), Set.of())))
        .extracting(Fault::value, Fault::expected)
        .containsExactly(org.assertj.core.api.Assertions.tuple("mian", "a listener of [main]"));
    assertThat(faults(text, only(Set.of(), Set.of("engine"))))
        .extracting(Fault::expected)
        .containsExactly("a route to a cluster of [engine]");
  }

  @Test
  void plan_onlyOneCluster_leavesOtherRoutesAndClustersAlone() throws PatchException {
    String patched =
        Patch.apply(SourceText.of(Corpus.text("full")), only(Set.of(), Set.of("anthropic")))
            .text()
            .toString();

    assertThat(patched).containsOnlyOnce("# warmpath:begin route\n");
    assertThat(patched).containsOnlyOnce("# warmpath:begin upstream\n");
    assertThat(patched).containsOnlyOnce("# warmpath:begin decide\n");
  }

  @Test
  void plan_overrideHostOfDnsCluster_isRefused() {
    assertThat(faults(Corpus.text("full"), Corpus.everything("anthropic")))
        .extracting(Fault::value, Fault::expected)
        .containsExactly(
            org.assertj.core.api.Assertions.tuple(
                "STRICT_DNS", "type STATIC or EDS: endpoints that are known by address"));
  }

  @Test
  void remove_unpairedComments_namesEach() {
    assertThatExceptionOfType(PatchException.class)
        .isThrownBy(
            () ->
                Patch.remove(
                    SourceText.of(
                        """
                        a: b
                        # warmpath:end x
                        # warmpath:begin y
                        # warmpath:end z
                          # warmpath:begin x
                        """)))
        .satisfies(e -> assertThat(e.faults()).extracting(Fault::line).containsExactly(2, 4, 5));
  }

  @Test
  void tableSize_anyNumberOfEndpoints_isAPrimeWithinBounds() {
    assertThat(Planner.tableSize(0)).isEqualTo(65_537);
    assertThat(Planner.tableSize(11)).isEqualTo(71_503);
    assertThat(Planner.tableSize(1_000_000)).isEqualTo(655_373);
  }

  @Test
  void filterKind_namesAndTypes_decideAlike() {
    assertThat(FilterKind.of(filter("jwt", "jwt_authn.v3.JwtAuthentication")))
        .isEqualTo(FilterKind.AUTHENTICATION);
    assertThat(FilterKind.of(filter("envoy.filters.http.rbac", "lua.v3.Lua")))
        .isEqualTo(FilterKind.OTHER);
    assertThat(FilterKind.of(YamlNode.mapping(node("name: envoy.filters.http.rbac"))))
        .isEqualTo(FilterKind.AUTHORIZATION);
  }

  private static YamlNode.Mapping filter(String name, String type) {
    return YamlNode.mapping(
        node(
            "name: %s\ntyped_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.%s}"
                .formatted(name, type)));
  }

  private static YamlNode node(String text) {
    try {
      return YamlReader.read(SourceText.of(text));
    } catch (PatchException e) {
      throw new AssertionError(e);
    }
  }
}
