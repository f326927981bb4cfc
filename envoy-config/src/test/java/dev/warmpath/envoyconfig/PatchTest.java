package dev.warmpath.envoyconfig;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PatchTest {
  static Stream<Arguments> texts() {
    List<Arguments> all = new ArrayList<>();
    for (String name : Corpus.NAMES) {
      String text = Corpus.text(name);
      List<PatchOptions> options =
          List.of(Corpus.DEFAULTS, Corpus.everything(), Corpus.everything("engines"));
      for (PatchOptions option : options) {
        all.add(Arguments.of(name, text, option));
        all.add(Arguments.of(name + " without last break", text.stripTrailing(), option));
        all.add(Arguments.of(name + " with CRLF", text.replace("\n", "\r\n"), option));
        all.add(
            Arguments.of(
                name + " with CRLF, without last break",
                text.stripTrailing().replace("\n", "\r\n"),
                option));
        all.add(Arguments.of(name + " with byte order mark", "\uFEFF" + text, option));
        all.add(Arguments.of(name + " with blank lines behind", text + "\n \n\n", option));
        all.add(Arguments.of(name + " with a document end", text + "...\n", option));
      }
    }
    return all.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("texts")
  void remove_afterApply_givesTheSameBytes(String name, String text, PatchOptions options)
      throws PatchException {
    SourceText original = SourceText.of(text);
    SourceText patched = Patch.apply(original, options).text();

    assertThat(patched).isNotEqualTo(original);
    assertThat(Patch.remove(patched)).hasToString(text);
    assertThat(Patch.remove(SourceText.of(patched.toString()))).hasToString(text);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("texts")
  void apply_twice_changesNothing(String name, String text, PatchOptions options)
      throws PatchException {
    SourceText once = Patch.apply(SourceText.of(text), options).text();

    assertThat(Patch.apply(SourceText.of(once.toString()), options).text()).isEqualTo(once);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("texts")
  void apply_anyLineEnds_meansTheSame(String name, String text, PatchOptions options)
      throws PatchException {
    String canonical = Corpus.text(Objects.requireNonNull(name.split(" ", -1)[0]));

    assertThat(Corpus.meaning(Patch.apply(SourceText.of(text), options).text()))
        .isEqualTo(Corpus.meaning(Patch.apply(SourceText.of(canonical), options).text()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("texts")
  void apply_everyLine_endsAsTheFileDoes(String name, String text, PatchOptions options)
      throws PatchException {
    SourceText patched = Patch.apply(SourceText.of(text), options).text();

    String end = text.contains("\r\n") ? "\r\n" : "\n";
    assertThat(patched.lines().subList(0, patched.lines().size() - 1))
        .allMatch(line -> line.end().equals(end));
  }

  @Test
  void apply_withOtherOptions_replacesWhatIsThere() throws PatchException {
    SourceText original = SourceText.of(Corpus.text("full"));
    SourceText before = Patch.apply(original, Corpus.everything("engines-canary")).text();

    assertThat(Patch.apply(before, Corpus.DEFAULTS).text())
        .isEqualTo(Patch.apply(original, Corpus.DEFAULTS).text());
  }

  @Test
  void apply_streamUsage_sendsResponsesOfWholeBodiesOnly() throws PatchException {
    String without =
        Patch.apply(SourceText.of(Corpus.text("minimal")), Corpus.DEFAULTS).text().toString();
    PatchOptions defaults = Corpus.DEFAULTS;
    PatchOptions asking =
        new PatchOptions(
            defaults.extProc(),
            defaults.tls(),
            defaults.routeLimitBytes(),
            defaults.paths(),
            defaults.listeners(),
            defaults.clusters(),
            defaults.overrideHost(),
            defaults.stripHeaders(),
            defaults.forwardHeaders(),
            Set.of(PatchOptions.Extra.STREAM_USAGE));
    String with = Patch.apply(SourceText.of(Corpus.text("minimal")), asking).text().toString();

    // One is the observer's, the other that of the one route that is copied.
    assertThat(without.split("response_body_mode: STREAMED", -1)).hasSize(2);
    assertThat(with.split("response_body_mode: STREAMED", -1)).hasSize(3);
    assertThat(with).containsPattern("request_body_mode: BUFFERED\\s+response_header_mode: SEND");
    assertThat(with)
        .containsPattern("request_body_mode: BUFFERED_PARTIAL\\s+response_header_mode: SKIP");
  }

  @Test
  void apply_replacedField_keepsItInAComment() throws PatchException {
    SourceText patched =
        Patch.apply(
                SourceText.of(Corpus.text("full")), Corpus.everything("engines", "engines-canary"))
            .text();

    assertThat(patched.toString())
        .contains("        # warmpath:was         load_balancing_policy:\n")
        .contains("name: envoy.load_balancing_policies.maglev\n");
  }

  @Test
  void apply_copiedRoute_keepsQuotesAndWritesAliasesOut() throws PatchException {
    assertThat(Patch.apply(SourceText.of(Corpus.text("wide")), Corpus.DEFAULTS).text().toString())
        .contains(
            """
                                     -   name: "the \\"only\\" route"
                                         match:
                                            prefix: /
                                            headers:
                                            -   name: ":method"
            """);
    assertThat(
            Patch.apply(SourceText.of(Corpus.text("anchors")), Corpus.DEFAULTS).text().toString())
        .contains("                              retry_on: \"connect-failure, reset\"\n")
        .contains("                            cluster: engines\n");
  }

  @Test
  void apply_routeWithLimitsOfItsOwn_usesTheLeast() throws PatchException {
    String patched =
        Patch.apply(SourceText.of(Corpus.text("full")), Corpus.DEFAULTS).text().toString();

    assertThat(patched)
        .contains("end: 65537\n")
        .contains("end: 1048577\n")
        .contains("end: 4194305\n");
  }

  @Test
  void apply_rateLimitedRoute_notesThatCopiesCountApart() throws PatchException {
    String text =
        Corpus.text("minimal")
            .replace(
                "route: { cluster: engines, timeout: 0s }",
                "route: { cluster: engines, timeout: 0s }\n"
                    + "                typed_per_filter_config: {limit: {'@type':"
                    + " type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit}}");

    assertThat(Patch.apply(SourceText.of(text), Corpus.DEFAULTS).notes())
        .singleElement()
        .asString()
        .startsWith("line 19: static_resources.listeners[0]");
  }
}
