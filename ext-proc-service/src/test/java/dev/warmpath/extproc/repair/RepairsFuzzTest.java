package dev.warmpath.extproc.repair;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.re2j.Pattern;
import dev.warmpath.extproc.annotate.Splices;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Json;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What repairs do to a body that the scanner takes, whatever it is: the result is a request again,
 * tools and their members are the same in another order, lines are the same in another place, and
 * nothing else is different.
 */
class RepairsFuzzTest {

  private static final Dialect[] DIALECTS = Dialect.values();
  private static final List<Pattern> LINES = List.of(Pattern.compile("(Today|[0-9]).*"));

  private static final java.util.regex.Pattern RETURNS = java.util.regex.Pattern.compile("\\r+\\z");

  /** Members of a body that tools stand in, of whatever dialect. */
  private static final Set<String> TOOLS = Set.of("tools", "toolConfig", "functions");

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 20, 64, 10_000));
  private final Prompt prompt = new Prompt();

  /**
   * One run.
   *
   * @param input a byte for the dialect, by its remainder; one for the repairs, by its bits; then
   *     the body
   */
  @FuzzTest
  void repairs_ofAnySoundBody_moveAndChangeNothingElse(byte[] input) throws IOException {
    if (input.length < 2) {
      return;
    }
    Dialect dialect = DIALECTS[(input[0] & 0xFF) % DIALECTS.length];
    boolean sortTools = (input[1] & 1) != 0;
    boolean sortSchemas = (input[1] & 2) != 0;
    boolean moveLines = (input[1] & 4) != 0;
    Repairs repairs = new Repairs(sortTools, sortSchemas, moveLines ? LINES : List.of());
    byte[] body = Arrays.copyOfRange(input, 2, input.length);
    if (scanner.scan(body, body.length, dialect, prompt) != Verdict.OK) {
      return;
    }
    byte[] before = body.clone();
    Set<Decision> decisions = EnumSet.noneOf(Decision.class);

    Splices splices = repairs.plan(prompt, (_, decision) -> decisions.add(decision));
    byte[] repaired = splices.apply(body, body.length);

    assertThat(body).isEqualTo(before);
    assertThat(repaired).hasSize(splices.editedLength(body.length));
    Json earlier = Json.read(body).tree();
    Json later = Json.read(repaired).tree();
    assertThat(scanner.scan(repaired, repaired.length, dialect, prompt)).isEqualTo(Verdict.OK);
    assertThat(normal(later, sortTools, sortSchemas, moveLines))
        .isEqualTo(normal(earlier, sortTools, sortSchemas, moveLines));
    assertThat(lines(later)).isEqualTo(lines(earlier));
    if (decisions.stream().allMatch(decision -> decision == Decision.NOTHING_TO_DO)) {
      assertThat(repaired).isEqualTo(body);
    }
    // A second time there is nothing left to do.
    Splices again = repairs.plan(prompt, (_, decision) -> decisions.add(decision));
    assertThat(again.apply(repaired, repaired.length)).isEqualTo(repaired);
  }

  /** A body without what the repairs may change: orders within its tools, and its texts. */
  private static Json normal(Json body, boolean sortTools, boolean sortSchemas, boolean moveLines) {
    List<Json.Member> members = new ArrayList<>();
    for (Json.Member member : ((Json.Obj) body).members()) {
      Json value = member.value();
      if (TOOLS.contains(member.name())) {
        value = sorted(value, sortTools, sortSchemas);
      }
      members.add(new Json.Member(member.name(), moveLines ? withoutTexts(value) : value));
    }
    return new Json.Obj(members);
  }

  private static Json sorted(Json value, boolean arrays, boolean objects) {
    return switch (value) {
      case Json.Arr(List<Json> elements) -> {
        List<Json> all =
            new ArrayList<>(elements.stream().map(e -> sorted(e, arrays, objects)).toList());
        if (arrays) {
          all.sort(Comparator.comparing(Json::toString));
        }
        yield new Json.Arr(all);
      }
      case Json.Obj(List<Json.Member> inner) -> {
        List<Json.Member> all = new ArrayList<>();
        for (Json.Member member : inner) {
          all.add(new Json.Member(member.name(), sorted(member.value(), arrays, objects)));
        }
        if (objects) {
          all.sort(Comparator.comparing(Json.Member::name));
        }
        yield new Json.Obj(all);
      }
      case Json.Str _, Json.Raw _ -> value;
    };
  }

  private static Json withoutTexts(Json value) {
    return switch (value) {
      case Json.Arr(List<Json> elements) ->
          new Json.Arr(elements.stream().map(RepairsFuzzTest::withoutTexts).toList());
      case Json.Obj(List<Json.Member> members) ->
          new Json.Obj(
              members.stream()
                  .map(m -> new Json.Member(m.name(), withoutTexts(m.value())))
                  .toList());
      case Json.Str _ -> new Json.Str("");
      case Json.Raw _ -> value;
    };
  }

  /** All lines of all strings that hold anything, in the order of the alphabet. */
  private static List<String> lines(Json body) {
    List<String> lines = new ArrayList<>();
    addLines(body, lines);
    lines.sort(Comparator.naturalOrder());
    return lines;
  }

  private static void addLines(Json value, List<String> into) {
    switch (value) {
      case Json.Arr(List<Json> elements) -> elements.forEach(element -> addLines(element, into));
      case Json.Obj(List<Json.Member> members) ->
          members.forEach(member -> addLines(member.value(), into));
      case Json.Str(String text) -> {
        for (String line : text.split("\n", -1)) {
          // A return that ends a moved line would be taken for half of the line feed behind it.
          String bare = RETURNS.matcher(line).replaceFirst("");
          if (!bare.isEmpty()) {
            into.add(bare);
          }
        }
      }
      case Json.Raw _ -> {}
    }
  }
}
