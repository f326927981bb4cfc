package dev.warmpath.extproc.volatility;

import java.time.DayOfWeek;
import java.time.Month;
import java.time.format.TextStyle;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words of dates and times in the languages that most is written in. Replaces each by signs of
 * the private use area, as many as it has letters, so that one grammar reads dates of all languages
 * and offsets stay. Months and days come from the JDK's locale data.
 */
final class CalendarWords {

  /** A month's name that a day's number makes a date. */
  static final char MONTH = '\uE001';

  /** One that is a word of some language as well, so that more must stand beside it. */
  static final char WEAK_MONTH = '\uE002';

  /** A weekday's name, whole and short. */
  static final char WEEKDAY = '\uE003';

  static final char SHORT_WEEKDAY = '\uE004';

  /** Which half of the day. */
  static final char HALF = '\uE005';

  /** What stands between the parts of a date, or before its time. */
  static final char LINK = '\uE006';

  /** What stands behind a time of day. */
  static final char CLOCK = '\uE007';

  /** What stands behind a time of day or the length of a time. */
  static final char HOURS = '\uE008';

  /** A link that a time of day follows. */
  static final char AT = '\uE009';

  private static final List<String> LANGUAGES =
      List.of(
          "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu", "ro",
          "ru", "uk", "tr", "el", "id");

  /** Months that are verbs without a capital letter, or at the beginning of a sentence. */
  private static final Set<String> ENGLISH_VERBS = Set.of("may", "march");

  /** Weekdays that are ordinal numbers, a week, months, a market, a medium. */
  private static final Set<String> NO_DAYS_ALONE =
      Set.of("segunda", "terça", "quarta", "quinta", "sexta", "minggu", "luni", "pazar", "среда");

  /** Those short months that are no other words where they have a capital letter. */
  private static final Set<String> SHORT_MONTHS =
      Set.copyOf(
          List.of("jan feb mar apr may jun jul aug sep sept oct nov dec okt dez".split(" ", -1)));

  private static final Map<String, Character> WORDS = words();

  private static final Pattern WORD =
      Pattern.compile("(?<![\\p{L}\\p{N}])\\p{L}[\\p{L}\\p{M}]{0,19}+(?![\\p{L}\\p{N}])");

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
          put(words, whole ? MONTH : WEAK_MONTH, locale -> month.getDisplayName(style, locale));
        }
      }
    }
    // October and September of Portuguese and Italian, and far more often English words.
    words.remove("out");
    words.remove("set");
    for (String day : NO_DAYS_ALONE) {
      words.put(day, SHORT_WEEKDAY);
    }
    put(words, WEAK_MONTH, "sept");
    put(words, SHORT_WEEKDAY, "tues thurs");
    put(words, WEEKDAY, "sonnabend");
    put(words, LINK, "on a as le den of the de del dne");
    put(words, AT, "at um à às las alle kl klo ob om v в");
    put(words, CLOCK, "uhr");
    put(words, HOURS, "hrs hours uur heures horas ore");
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
      String found = word.group();
      Character sign = WORDS.get(found.toLowerCase(Locale.ROOT));
      if (sign != null) {
        boolean opens = word.start() >= 2 && text.startsWith(". ", word.start() - 2);
        replace(signs, word.start(), word.end(), sign(found, sign, opens));
      }
    }
    Matcher characters = OF_CHARACTERS.matcher(text);
    while (characters.find()) {
      boolean day = characters.group("day") != null;
      replace(signs, characters.start(), characters.end(), day ? WEEKDAY : HALF);
    }
    return signs.toString();
  }

  /**
   * What a word is as it is written.
   *
   * @param opens whether a sentence may begin with it
   */
  private static char sign(String word, char sign, boolean opens) {
    String small = word.toLowerCase(Locale.ROOT);
    boolean capital = Character.isUpperCase(word.charAt(0)) && small.endsWith(word.substring(1));
    if (sign == MONTH && (!capital || opens) && ENGLISH_VERBS.contains(small)) {
      return WEAK_MONTH;
    }
    return sign == WEAK_MONTH && capital && SHORT_MONTHS.contains(small) ? MONTH : sign;
  }

  private static void replace(StringBuilder signs, int from, int to, char sign) {
    for (int i = from; i < to; i++) {
      signs.setCharAt(i, sign);
    }
  }
}
