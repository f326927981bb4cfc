package dev.warmpath.extproc.volatility;

import java.time.DayOfWeek;
import java.time.Month;
import java.time.format.TextStyle;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words of dates and times in the languages that most is written in. Replaces each by signs of
 * the private use area, as many as it has letters, so that one grammar reads dates of all languages
 * and offsets stay. Months and days come from the JDK's locale data.
 */
final class CalendarWords {

  /** A month's name, whole and short. */
  static final char MONTH = '\uE001';

  static final char SHORT_MONTH = '\uE002';

  /** A weekday's name, whole and short. */
  static final char WEEKDAY = '\uE003';

  static final char SHORT_WEEKDAY = '\uE004';

  /** Which half of the day. */
  static final char HALF = '\uE005';

  /** What stands between the parts of a date, or before its time. */
  static final char LINK = '\uE006';

  /** What stands behind an hour. */
  static final char CLOCK = '\uE007';

  private static final List<String> LANGUAGES =
      List.of(
          "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu", "ro",
          "ru", "uk", "tr", "el", "id");

  private static final Map<String, Character> WORDS = words();

  private static final Pattern WORD =
      Pattern.compile("(?<![\\p{L}\\p{N}])\\p{L}[\\p{L}\\p{M}]{0,19}");

  /** Weekdays and halves of the day of Chinese, Japanese and Korean. */
  private static final Pattern OF_CHARACTERS =
      Pattern.compile(
          "(?<day>星期[一二三四五六日天]|[周週][一二三四五六日]|礼拜[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일"
              + "|(?<=[(（])[月火水木金土日월화수목금토일一二三四五六](?=[)）]))"
              + "|(?<half>午前|午後|上午|下午|中午|凌晨|早上|晚上|오전|오후)");

  private CalendarWords() {}

  /** Of words with two meanings, the one that is put last counts. */
  private static Map<String, Character> words() {
    Map<String, Character> words = new HashMap<>();
    for (boolean whole : new boolean[] {false, true}) {
      List<TextStyle> styles =
          whole
              ? List.of(TextStyle.FULL, TextStyle.FULL_STANDALONE)
              : List.of(TextStyle.SHORT, TextStyle.SHORT_STANDALONE);
      for (TextStyle style : styles) {
        for (DayOfWeek day : DayOfWeek.values()) {
          put(words, whole ? WEEKDAY : SHORT_WEEKDAY, locale -> day.getDisplayName(style, locale));
        }
      }
      for (TextStyle style : styles) {
        for (Month month : Month.values()) {
          put(words, whole ? MONTH : SHORT_MONTH, locale -> month.getDisplayName(style, locale));
        }
      }
    }
    // October and September of Portuguese and Italian, and far more often English words.
    words.remove("out");
    words.remove("set");
    put(words, SHORT_MONTH, "sept");
    put(words, SHORT_WEEKDAY, "tues thurs");
    put(words, WEEKDAY, "sonnabend");
    put(words, LINK, "at um on à às a las alle le den of the de del dne kl klo ob om v в");
    put(words, CLOCK, "uhr hrs hours uur heures horas ore");
    put(words, HALF, "am pm");
    return words;
  }

  private static void put(Map<String, Character> words, char sign, String names) {
    for (String name : names.split(" ", -1)) {
      words.put(name, sign);
    }
  }

  /** Of a name with several words, as {@code segunda-feira}, the longest. */
  private static void put(Map<String, Character> words, char sign, Function<Locale, String> names) {
    for (String language : LANGUAGES) {
      String longest = "";
      for (String name : names.apply(Locale.of(language)).split("[^\\p{L}\\p{M}]+", -1)) {
        longest = name.length() > longest.length() ? name : longest;
      }
      if (longest.length() >= 2) {
        words.put(longest.toLowerCase(Locale.ROOT), sign);
      }
    }
  }

  /** The text with signs for such words. */
  static String signs(String text) {
    StringBuilder signs = new StringBuilder(text);
    Matcher word = WORD.matcher(text);
    while (word.find()) {
      Character sign = WORDS.get(word.group().toLowerCase(Locale.ROOT));
      if (sign != null) {
        replace(signs, word.start(), word.end(), sign);
      }
    }
    Matcher characters = OF_CHARACTERS.matcher(text);
    while (characters.find()) {
      boolean day = characters.group("day") != null;
      replace(signs, characters.start(), characters.end(), day ? WEEKDAY : HALF);
    }
    return signs.toString();
  }

  private static void replace(StringBuilder signs, int from, int to, char sign) {
    for (int i = from; i < to; i++) {
      signs.setCharAt(i, sign);
    }
  }
}
