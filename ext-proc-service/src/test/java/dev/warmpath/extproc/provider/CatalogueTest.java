package dev.warmpath.extproc.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prompt.Dialect;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class CatalogueTest {

  private static final Prices CHEAP = new Prices(0.1, 0.5, 0.01, 0.125, 0.2);
  private static final Prices DEAR = new Prices(0.5, 2.5, 0.05, 0.625, 1);

  @Test
  void find_severalMatch_firstSpeaks() {
    Catalogue catalogue = Catalogue.of(List.of(entry("claude-opus-5", 1), entry("claude-*", 2)));

    assertThat(catalogue.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5"))
        .hasValueSatisfying(row -> assertThat(row.minCacheTokens()).isEqualTo(1));
    assertThat(catalogue.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5-1"))
        .hasValueSatisfying(row -> assertThat(row.minCacheTokens()).isEqualTo(2));
  }

  @Test
  void find_otherDialectOrName_isUnknown() {
    Catalogue catalogue = Catalogue.of(List.of(entry("claude-opus-5", 1)));

    assertThat(catalogue.find(Dialect.OPENAI_CHAT, "claude-opus-5")).isEmpty();
    assertThat(catalogue.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-50")).isEmpty();
    assertThat(catalogue.find(Dialect.ANTHROPIC_MESSAGES, "")).isEmpty();
    assertThat(catalogue.find(Dialect.ANTHROPIC_MESSAGES, "claude-opus-5".repeat(100))).isEmpty();
  }

  @Test
  void find_atAProvider_othersRowsDoNotSpeak() {
    ModelEntry configured = entry("m", 1);
    Catalogue shipped = CatalogueFile.load(List.of());
    Catalogue own = Catalogue.of(List.of(configured));

    assertThat(shipped.find("anthropic", Dialect.ANTHROPIC_MESSAGES, "claude-opus-5")).isPresent();
    assertThat(shipped.find("kimi", Dialect.ANTHROPIC_MESSAGES, "claude-opus-5")).isEmpty();
    assertThat(shipped.find("azure", Dialect.OPENAI_CHAT, "gpt-5.5"))
        .hasValueSatisfying(row -> assertThat(row.provider()).isEqualTo("azure"));
    assertThat(own.find("any", Dialect.ANTHROPIC_MESSAGES, "m"))
        .as("a row that names no provider")
        .contains(configured);
  }

  @Test
  void provider_ofAnAccount_isItsNameElseWhoseAddressItIs() {
    Catalogue shipped = CatalogueFile.load(List.of());

    assertThat(shipped.provider("openai", "proxy.test:443")).isEqualTo("openai");
    assertThat(shipped.provider("main", "api.openai.com:443")).isEqualTo("openai");
    assertThat(shipped.provider("main", "API.X.AI:443")).isEqualTo("xai");
    assertThat(shipped.provider("main", "proxy.test:443")).isEqualTo("main");
    assertThat(shipped.provider("main", ":443")).as("paths have no host").isEqualTo("main");
  }

  @Test
  void find_moreNamesThanAreRemembered_staysRight() {
    Catalogue catalogue = Catalogue.of(List.of(entry("m-*7", 1)));

    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 5000; i++) {
        assertThat(catalogue.find(Dialect.ANTHROPIC_MESSAGES, "m-" + i).isPresent())
            .isEqualTo(i % 10 == 7);
      }
    }
  }

  @Property(tries = 3000)
  void matching_agreesWithARegularExpression(@ForAll long seed) {
    Random random = new Random(seed);
    String pattern = text(random, "ab*");
    String name = text(random, "ab");
    String expression =
        pattern
            .chars()
            .mapToObj(c -> c == '*' ? ".*" : Pattern.quote(Character.toString(c)))
            .collect(Collectors.joining());

    assertThat(Catalogue.matches(pattern, name)).isEqualTo(name.matches(expression));
  }

  @Test
  void prices_byWholeInput_areOfItsTier() {
    ModelEntry model =
        new ModelEntry(
            "m",
            Dialect.ANTHROPIC_MESSAGES,
            512,
            4,
            20,
            List.of(new PriceTier(0, CHEAP), new PriceTier(100_000, DEAR)),
            "",
            "");

    assertThat(model.prices(100_000)).contains(CHEAP);
    assertThat(model.prices(100_001)).contains(DEAR);
    assertThat(model.prices(0)).contains(CHEAP);
    assertThat(model.prices(-1)).isEmpty();
  }

  @Test
  void prices_unknownTier_areUnknown() {
    ModelEntry model =
        new ModelEntry(
            "m",
            Dialect.OPENAI_CHAT,
            1024,
            0,
            0,
            List.of(new PriceTier(0, CHEAP), new PriceTier(272_000, null)),
            "",
            "");

    assertThat(model.prices(272_000)).contains(CHEAP);
    assertThat(model.prices(272_001)).isEmpty();
    assertThat(entry("m", 1).prices(5)).isEmpty();
  }

  @Test
  void tiers_notAscendingFromZero_areRefused() {
    assertThatThrownBy(
            () ->
                new ModelEntry(
                    "m", Dialect.OPENAI_CHAT, 0, 0, 0, List.of(new PriceTier(5, CHEAP)), "", ""))
        .hasMessageContaining("tiers: above 5");
  }

  private static String text(Random random, String alphabet) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private static ModelEntry entry(String pattern, int minCacheTokens) {
    return new ModelEntry(
        pattern, Dialect.ANTHROPIC_MESSAGES, minCacheTokens, 4, 20, List.of(), "", "");
  }
}
