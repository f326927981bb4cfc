package dev.warmpath.extproc.volatility;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Month;
import java.time.format.TextStyle;
import java.util.Locale;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CalendarWordsTest {

  private static String signs(char sign, String word) {
    return String.valueOf(sign).repeat(word.length());
  }

  private static void assertSign(char sign, String word) {
    assertThat(CalendarWords.signs(word)).as(word).isEqualTo(signs(sign, word));
    assertThat(CalendarWords.signs("(" + word + ", x")).isEqualTo("(" + signs(sign, word) + ", x");
  }

  private static void assertNone(String text) {
    assertThat(CalendarWords.signs(text)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu", "ro",
        "ru", "uk", "tr", "el", "id"
      })
  void month_wholeNameOfALanguage_isFoundAloneAndNotInsideAWord(String language) {
    for (TextStyle style : new TextStyle[] {TextStyle.FULL, TextStyle.FULL_STANDALONE}) {
      for (Month month : Month.values()) {
        String name = month.getDisplayName(style, Locale.of(language));
        String capital = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
        assertSign(CalendarWords.MONTH, capital);
        assertNone(capital + "1");
        assertNone("1" + capital);
        assertNone("x" + capital);
        assertNone(capital + "xyzxyz");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"en", "de", "fr", "es", "it", "nl", "sv", "da", "fi", "pl", "cs", "uk"})
  void weekday_wholeNameOfALanguage_isFoundAloneAndNotInsideAWord(String language) {
    for (DayOfWeek day : DayOfWeek.values()) {
      String name = day.getDisplayName(TextStyle.FULL, Locale.of(language));
      assertSign(CalendarWords.WEEKDAY, name);
      assertNone("x" + name);
      assertNone(name + "xyzxyz");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "MONTH,May",
    "MONTH,March",
    "MONTH,april",
    "MONTH,Nov",
    "MONTH,Sept",
    "MONTH,Dez",
    "WEAK_MONTH,may",
    "WEAK_MONTH,MAY",
    "WEAK_MONTH,march",
    "WEAK_MONTH,mar",
    "WEAK_MONTH,sept",
    "WEAK_MONTH,dez",
    "WEAK_MONTH,Gen",
    "WEAK_MONTH,Pro",
    "WEAK_MONTH,des",
    "SHORT_WEEKDAY,Mon",
    "SHORT_WEEKDAY,segunda",
    "SHORT_WEEKDAY,luni",
    "WEEKDAY,Sonnabend",
    "LINK,of",
    "AT,um",
    "CLOCK,Uhr",
    "HOURS,hours",
    "HOURS,heures"
  })
  void word_ofTwoMeanings_isTheWeakerOneUnlessItIsWrittenAsAName(String sign, String word) {
    char expected =
        switch (sign) {
          case "MONTH" -> CalendarWords.MONTH;
          case "WEAK_MONTH" -> CalendarWords.WEAK_MONTH;
          case "WEEKDAY" -> CalendarWords.WEEKDAY;
          case "SHORT_WEEKDAY" -> CalendarWords.SHORT_WEEKDAY;
          case "LINK" -> CalendarWords.LINK;
          case "AT" -> CalendarWords.AT;
          case "CLOCK" -> CalendarWords.CLOCK;
          case "HOURS" -> CalendarWords.HOURS;
          default -> throw new IllegalArgumentException(sign);
        };
    assertSign(expected, word);
  }

  @ParameterizedTest
  @ValueSource(strings = {"May", "March"})
  void verb_atTheBeginningOfASentence_isWeak(String word) {
    assertThat(CalendarWords.signs("5. " + word))
        .isEqualTo("5. " + signs(CalendarWords.WEAK_MONTH, word));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"am", "pm", "out", "set", "dismay", "marching", "summer", "week", "v1", "um13"})
  void word_ofNoCalendar_stays(String word) {
    assertNone(word);
  }

  @ParameterizedTest
  @CsvSource({"WEEKDAY,星期三", "WEEKDAY,周六", "WEEKDAY,金曜日", "WEEKDAY,월요일", "HALF,午後", "HALF,오전"})
  void characters_ofWeekdaysAndHalves_areFoundWithinAText(String sign, String word) {
    char expected = sign.equals("HALF") ? CalendarWords.HALF : CalendarWords.WEEKDAY;

    assertThat(CalendarWords.signs("本" + word + "3")).isEqualTo("本" + signs(expected, word) + "3");
  }

  @ParameterizedTest
  @CsvSource({"(月),true", "（土）,true", "月,false", "(月,false", "水木,false"})
  void characters_ofADayInBrackets_areAWeekday(String text, boolean found) {
    assertThat(CalendarWords.signs(text).indexOf(CalendarWords.WEEKDAY) >= 0).isEqualTo(found);
  }

  /** 200,000 characters: what takes the square of them takes minutes. */
  @Test
  void text_longAndMean_isReadInLinearTime() {
    for (String piece : new String[] {"a", "й", "may", "May ", "(月", "\u0301", "周", ". ", "é1"}) {
      String text = piece.repeat(200_000 / piece.length());
      Assertions.assertTimeoutPreemptively(
          Duration.ofSeconds(20), () -> assertThat(CalendarWords.signs(text)).hasSameSizeAs(text));
    }
  }
}
