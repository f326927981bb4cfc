package dev.warmpath.extproc.volatility;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CalendarWordsPropertyTest {

  @Property
  void signs_anyText_keepLengthAndReplaceNothingButLetters(@ForAll String text) {
    assertKept(text);
  }

  @Property
  void signs_wordsInAnyOrder_keepLengthAndReplaceNothingButLetters(
      @ForAll("words") List<String> words) {
    assertKept(String.join("", words));
  }

  /** Offsets in the signs are offsets in the text. */
  private static void assertKept(String text) {
    String signs = CalendarWords.signs(text);

    assertThat(signs).hasSameSizeAs(text);
    for (int i = 0; i < text.length(); i++) {
      char sign = signs.charAt(i);
      if (sign != text.charAt(i)) {
        assertThat(sign).isBetween(CalendarWords.MONTH, CalendarWords.AT);
        assertThat(Character.isLetter(text.charAt(i)) || Character.getType(text.charAt(i)) > 5)
            .isTrue();
      }
    }
  }

  @Provide
  Arbitrary<List<String>> words() {
    return Arbitraries.of(
            "May", "may", "März", "Sat", "segunda", "-feira", "月", "(", ")", "（", "星期", "一", "午後",
            " ", ". ", "5", "um", "İ", "ß", "\u0301", "\uD83D", "\uDE00", "Uhr", "x")
        .list()
        .ofMaxSize(30);
  }
}
