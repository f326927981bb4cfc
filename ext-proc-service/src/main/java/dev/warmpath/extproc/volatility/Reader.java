package dev.warmpath.extproc.volatility;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what stands at a place of a text: dates and times in the ways of many countries, UUIDs,
 * addresses, numbers, ids, names. Looks at {@value #AROUND} bytes around the place and at {@value
 * #MAX_PLACE} of it; patterns have no nested repetition, so that their time is bounded. Keeps
 * nothing. Stateless.
 */
final class Reader {

  private static final int AROUND = 80;
  private static final int MAX_PLACE = 1024;

  /** A longer value is a text. */
  private static final int MAX_VALUE = 256;

  /** More numbers in a row are a list. A guess. */
  private static final int MAX_GROUPS = 5;

  private static final String BEGIN = "(?<![0-9A-Za-z])";
  private static final String STOP = "(?![0-9A-Za-z])";

  // Words of the calendar are signs: CalendarWords.
  private static final String MONTH = "\uE001+\\.?";
  private static final String ANY_MONTH = "[\uE001\uE002]+\\.?";
  private static final String WEEKDAY = "(?:\uE003+(?:-feira)?|\uE004+(?:-feira|\\.)?)";

  /** One that no other word is. */
  private static final String SURE_WEEKDAY = "(?:\uE003+(?:-feira)?|\uE004+(?:-feira|\\.|(?=,)))";

  private static final String LINKS = "(?:(?:[\uE006\uE009]+\\s){1,2})?";
  private static final String YEAR = "(?:19|20)\\d\\d";

  /** A year of two digits, behind numbers: what runs today, not what is on each list. */
  private static final String SHORT_YEAR = "[1-4]\\d(?!\\d|[-/.]\\d)";

  private static final String DAY = "(?:0?[1-9]|[12]\\d|3[01])";
  private static final String ORDINAL = "(?:st|nd|rd|th|er|º|°)";
  private static final String MONTH_NUMBER = "(?:0?[1-9]|1[0-2])";
  private static final String TWO_MONTH = "(?:0[1-9]|1[0-2])";
  private static final String TWO_DAY = "(?:0[1-9]|[12]\\d|3[01])";

  /** Behind a date of numbers. */
  private static final String IN_BRACKETS = "(?:,?\\s?[(（]?" + WEEKDAY + "[)）]?)?";

  private static final String YEAR_BESIDE =
      "(?:(?:,?\\s|-)" + LINKS + "(?:" + YEAR + "|\\d\\d(?![\\d:h.])))?";

  /** Dates, the more telling before those that could be part of them. */
  private static final Pattern DATES =
      insensitive(
          BEGIN
              + "(?<!\\d[-/.])(?:"
              + String.join(
                  "|",
                  YEAR + "([-/.])" + MONTH_NUMBER + "\\1" + DAY + "(?!\\d|\\.\\d)" + IN_BRACKETS,
                  YEAR + "\\. ?" + MONTH_NUMBER + "\\. ?" + DAY + "\\." + IN_BRACKETS,
                  "(?:"
                      + WEEKDAY
                      + ",?\\s"
                      + LINKS
                      + ")?"
                      + DAY
                      + "(?:([-/.])"
                      + MONTH_NUMBER
                      + "\\2|\\. "
                      + MONTH_NUMBER
                      + "\\. )(?:"
                      + YEAR
                      + "(?!\\d)|"
                      + SHORT_YEAR
                      + ")",
                  MONTH_NUMBER + "([-/.])" + DAY + "\\3(?:" + YEAR + "(?!\\d)|" + SHORT_YEAR + ")",
                  "(?:"
                      + WEEKDAY
                      + ",?\\s"
                      + LINKS
                      + ")?"
                      + DAY
                      + "(?:"
                      + ORDINAL
                      + "|[.])?[\\s-]"
                      + LINKS
                      + MONTH
                      + YEAR_BESIDE,
                  SURE_WEEKDAY
                      + ",?\\s"
                      + LINKS
                      + DAY
                      + "(?:"
                      + ORDINAL
                      + "|[.])?[\\s-]"
                      + LINKS
                      + ANY_MONTH
                      + YEAR_BESIDE,
                  DAY + ORDINAL + "[\\s-]" + LINKS + ANY_MONTH + YEAR_BESIDE,
                  DAY + "\\.?[\\s-]" + LINKS + ANY_MONTH + "(?:,?\\s|-)" + LINKS + YEAR,
                  DAY + "\\. \uE002+\\.(?=\\s?$|\\s?\\n|,|\\s\\d)",
                  "(?:"
                      + WEEKDAY
                      + ",?\\s)?"
                      + MONTH
                      + "[\\s-]"
                      + DAY
                      + "(?:st|nd|rd|th)?(?![\\d:h]|[.,]\\d)(?:(?:,?\\s|-)"
                      + YEAR
                      + ")?",
                  SURE_WEEKDAY + ",?\\s" + ANY_MONTH + "[\\s-]" + DAY + "(?![\\d:h]|[.,]\\d)",
                  ANY_MONTH
                      + "[\\s-]"
                      + DAY
                      + "(?:(?:st|nd|rd|th)(?:,?\\s"
                      + YEAR
                      + ")?|(?:,?\\s|-)"
                      + YEAR
                      + ")",
                  DAY + "/" + ANY_MONTH + "/" + YEAR,
                  YEAR + "\\.?[-\\s]" + ANY_MONTH + "[-\\s]" + DAY + "(?!\\d)",
                  YEAR + TWO_MONTH + TWO_DAY + "(?!\\d)",
                  "(?:(?:"
                      + YEAR
                      + "|(?:令和|民国|民國)\\d{1,3})[年년]\\s?)?"
                      + MONTH_NUMBER
                      + "[月월]\\s?"
                      + DAY
                      + "[日号일]"
                      + IN_BRACKETS,
                  YEAR + "-?W[0-5]\\d(?:-?[1-7])?",
                  "(?:KW|CW|calendar week)\\s?[0-5]?\\d(?:[/,]?\\s?" + YEAR + ")?",
                  "week\\s?[0-5]?\\d(?:\\s?[/,]|\\sof)?\\s?" + YEAR,
                  "Q[1-4][\\s/-]?" + YEAR,
                  MONTH + "\\s" + LINKS + YEAR,
                  YEAR + "[年년]\\s?" + MONTH_NUMBER + "[月월]",
                  "(?:\uE003+(?:-feira)?|\uE004+-feira)" + STOP)
              + ")");

  private static final String HOUR = "(?:[01]?\\d|2[0-4])";
  private static final String MINUTE = "[0-5]\\d";

  /** Behind hours and minutes. */
  private static final String HALF = "(?:[ap]\\.?\\s?m(?!\\p{L})\\.?)";

  /** Behind an hour alone: "am" is a word of German as well, and may stand behind any number. */
  private static final String SURE_HALF =
      "(?:(?<=\\d)[ap]m(?!\\p{L})|\\s?(?:p\\.?\\s?m(?!\\p{L})|(?-i:AM)(?!\\p{L})"
          + "|a\\.?\\s?m(?!\\p{L})\\.?(?=\\s*(?:$|[,;:!?)\\]\"'\\n|–-])|\\.(?:\\s|$)"
          + "|\\s(?:on|today|tomorrow|to|until|till|and|every|sharp|local|utc|gmt"
          + "|(?-i:[A-Z]{1,4}T))\\b)))";

  /** What is measured or paid, and no time. */
  private static final String UNIT =
      "(?:[€$£¥%]|(?:eur|euros?|usd|dollars?|chf|pounds?|percent|prozent|points?|k?g|k?m|[cm]m"
          + "|[kmg]b)\\b)";

  private static final Pattern CLOCKS =
      insensitive(
          "(?:(?<=/"
              + YEAR
              + ":)|(?<![0-9:.]))(?:\uE005+\\s?)?(?:"
              + String.join(
                  "|",
                  HOUR + "(?::" + MINUTE + "){1,2}(?:[.,:]\\d{1,9})?",
                  "(?:0?[1-9]|1[0-2])(?=" + SURE_HALF + ")",
                  HOUR + "\\s?h\\s?" + MINUTE + "(?!\\d)",
                  HOUR + "[.]" + MINUTE + "(?=\\s?(?:\uE007|h(?!\\p{L}))|" + SURE_HALF + ")",
                  "(?<=\uE009[.]? )" + HOUR + "[.]" + MINUTE + "(?![.,]?\\d|\\s?" + UNIT + ")",
                  HOUR + "(?=\\s(?:\uE007|o'clock))",
                  "(?<=\uE009 )(?:" + HOUR + "|(?:[01]\\d|2[0-3])" + MINUTE + ")(?=\\s\uE008)",
                  "(?<=\uE005 ?)" + HOUR + "\\s?[點点]",
                  HOUR
                      + "\\s?(?:[时時시](?![间間간])|[點点](?=\\s?(?:[0-5]?\\d\\s?分|[半整钟鐘])))"
                      + "(?:\\s?[0-5]?\\d\\s?[分분])?(?:\\s?[0-5]?\\d\\s?[秒초])?",
                  "(?:[01]\\d|2[0-3])[0-5]\\d(?=\\s?(?:Z|UTC|GMT|\uE007)(?!\\p{L}))")
              + ")(?:\\s?"
              + HALF
              + ")?(?:\\s(?:[\uE007\uE008]+|o'clock))?"
              + "(?:\\s?\\(?(?:Z|UTC|GMT|[A-Z]{1,4}[SD]?T)(?!\\p{L}|\\d))?(?:\\s?[+-]\\d\\d:?\\d\\d(?!\\d))?\\)?");

  private static final Pattern YEAR_BEHIND = Pattern.compile("\\s" + YEAR + STOP);

  /** Between a date and its time, or the other way round. */
  private static final Pattern BETWEEN =
      insensitive(
          "(?:[T:]|[\\s,;@_()（）|/·–-]{0,3}(?:(?:[\uE006\uE009]+|a|as|time:?|clock:?)\\s){0,2}[\\s(（]?)");

  /** Date and time without signs between them. */
  private static final Pattern COMPACT =
      Pattern.compile(
          "(?<!\\d)"
              + YEAR
              + TWO_MONTH
              + TWO_DAY
              + "[T_ -]?(?:[01]\\d|2[0-3])[0-5]\\d(?:[0-5]\\d)?"
              + "(?:[.,]?\\d{3,9})?(?:Z|[+-]\\d{4})?(?![0-9A-Za-z])"
              + "|(?<!\\d)"
              + YEAR
              + "-"
              + TWO_MONTH
              + "-"
              + TWO_DAY
              + "[T_ -](?:[01]\\d|2[0-3])[-.h]?[0-5]\\d(?:[-.m]?[0-5]\\d)?(?:[.,]?\\d{3,9})?"
              + "(?:Z|[+-]\\d{4})?(?![0-9A-Za-z:])");

  private static final Pattern EPOCHS =
      Pattern.compile(
          "(?<![0-9A-Za-z.])(?:1[5-9]|2[01])\\d{8}(?:\\d{3}|\\d{6}|\\d{9})?(?:\\.\\d{1,9})?"
              + "(?![0-9A-Za-z])");
  private static final Pattern UUIDS =
      insensitive(
          "(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])");
  private static final Pattern BARE_UUIDS =
      insensitive("(?<![0-9a-z])[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-z])");
  private static final Pattern EMAILS =
      Pattern.compile(
          "[A-Za-z0-9._%+-]{1,64}(?:'[A-Za-z0-9._%+-]{1,64})?@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,4}");

  private static final Pattern DIGITS = Pattern.compile("\\d{1,18}(?:[,'_]\\d{3}){0,5}");
  private static final Pattern HEX_DIGITS = insensitive("(?:0x)?(?=[a-f]*\\d)[0-9a-f]{4,128}");
  private static final Pattern LETTERS_AND_DIGITS = Pattern.compile("(?=\\D*\\d)\\S{2,256}");

  /** Several words that all hold digits, as long numbers are written. */
  private static final Pattern GROUPS =
      Pattern.compile("[^\\s\\d]{0,16}\\d\\S{0,63}(?:\\s[^\\s\\d]{0,16}\\d\\S{0,63}){1,7}");

  /** What is too long for a value, but has no end: a signed token, data in base64. */
  private static final Pattern ONE_TOKEN = Pattern.compile("[0-9A-Za-z+/=_.:-]+");

  private static final Pattern ONE_WORD = Pattern.compile("[\\S&&[^.,;:!?]][\\S]{0,63}");
  private static final String CAPITALISED =
      "(?:\\p{Lu}[\\p{Ll}\\p{M}'’]*(?:-?\\p{Lu}[\\p{Ll}\\p{M}]+)?|\\p{Lu}[a-z]{0,3}\\.)";
  private static final Pattern NAMES =
      Pattern.compile(
          CAPITALISED
              + "(?:\\s(?:"
              + CAPITALISED
              + "|van|von|de|der|den|da|di|do|dos|al|el|la|bin)){0,4}");

  /** A person who is addressed. */
  private static final Pattern TITLED =
      Pattern.compile(
          "(?<![\\p{L}\\d])(?:(?:Dr|Prof|Mrs?|Ms|Miss|Sir|Herr|Frau|M|Mme|Mlle|Sra?|Srta|Sig|Don|Doña)\\.?\\s){1,3}"
              + NAMES.pattern());

  /** What companies are called by, and people are not. */
  private static final Pattern COMPANY =
      Pattern.compile(
          ".*\\s(?:AG|SE|SA|SL|SRL|BV|NV|AB|AS|KG|LLC|LLP|PLC|GmbH|Ltd|Inc|Corp|Co|Group|Company|Holding|Bank)\\.?");

  /** Names after something that is no beginning of a sentence. */
  private static final Pattern NAMES_INSIDE =
      Pattern.compile("(?<=[\\p{Ll}:=\"'] ?\"?)" + NAMES.pattern());

  private static final Pattern WITH_DIGITS =
      Pattern.compile("(?<![0-9A-Za-z])(?=[A-Za-z_-]{0,40}\\d)[0-9A-Za-z_-]{1,128}");

  /**
   * Numbers with marks between them that are no date without a year of four digits, and no time.
   */
  private static final Pattern NUMBERED =
      insensitive(
          "(?<!\\p{L})(?:v|ver|vers|versi[oó]n|versione|versão|versie|release|build|rev|revision"
              + "|firmware|patch|tag|kernel|python|java|node|php|chapter|section|clause|article"
              + "|paragraph|kapitel|abschnitt|ziffer|artikel|capítulo|sección|chapitre|capitolo"
              + "|sezione|score|ratio|odds|scale|verse|format|maßstab|verhältnis|part|serial)"
              + "(?:\\s(?:is|ist|of|von|es|est))?[\\s.:#=-]{0,3}\\z");

  private static final int NUMBERED_CHARS = 24;
  private static final Pattern NO_YEAR = Pattern.compile("\\d{1,2}([-/.])\\d\\d?\\1\\d\\d");
  private static final Pattern MINUTES = Pattern.compile("\\d{1,2}:\\d\\d");

  /** A stretch of the text, with what it was taken for. */
  private record Span(Form form, int start, int end) {}

  private Reader() {}

  private static Pattern insensitive(String pattern) {
    return Pattern.compile(pattern, Pattern.CASE_INSENSITIVE);
  }

  /**
   * Reads what stands at [start, end) of a text, or around it, where a part of a value differs.
   *
   * @param from where the text begins in the array
   * @param to where it ends
   * @param inserted whether all of it is missing elsewhere, so that only a part may be the value
   */
  static Reading read(byte[] text, int from, int to, int start, int end, boolean inserted) {
    int placeEnd = Math.min(end, start + MAX_PLACE);
    Window window =
        Window.of(text, Math.max(from, start - AROUND), Math.min(to, placeEnd + AROUND));
    int first = window.charAt(start);
    int last = window.charAt(placeEnd);
    Span span = inserted ? inside(window.text, first, last) : around(window.text, first, last);
    if (end - start > MAX_PLACE && !span.form.speaksForItself() && span.form != Form.TOKEN) {
      span = new Span(Form.TEXT, first, last);
    }
    return reading(window, span, from);
  }

  private static Reading reading(Window window, Span span, int from) {
    String value = window.text.substring(span.start, span.end);
    Cue cue = Cue.around(window.text, span.start, span.end);
    boolean hasNumber = false;
    long number = 0;
    switch (span.form) {
      case NUMBER -> {
        String digits = value.replaceAll("\\D", "");
        if (digits.length() <= 18) {
          hasNumber = true;
          number = Long.parseLong(digits);
        }
      }
      case EPOCH -> {
        String digits = value.replaceAll("\\..*", "");
        hasNumber = true;
        number = Long.parseLong(digits.substring(0, 10));
      }
      case HEX -> {
        String digits =
            value.startsWith("0x") || value.startsWith("0X") ? value.substring(2) : value;
        if (digits.length() <= 15) {
          hasNumber = true;
          number = Long.parseLong(digits, 16);
        }
      }
      default -> {}
    }
    return new Reading(
        span.form,
        window.byteAt(span.start) - from,
        window.byteAt(span.end) - from,
        window.byteAt(span.start) - window.byteAt(numberStart(window.text, span)),
        cue,
        hasNumber,
        number);
  }

  /**
   * Where the number begins that a value is part of: of one that is written in groups, often only
   * the last group differs. A date's or another's value is not part of it, a list is no number.
   */
  private static int numberStart(String window, Span span) {
    if (span.form != Form.NUMBER && span.form != Form.TOKEN) {
      return span.start;
    }
    for (int i = span.start; i < span.end; i++) {
      if (!isDigit(window.charAt(i)) && (i == span.start || !isJoint(window.charAt(i)))) {
        return span.start;
      }
    }
    int start = span.start;
    for (int groups = 0; groups <= MAX_GROUPS; groups++) {
      int group = start - 1;
      while (group > 0 && isDigit(window.charAt(group - 1))) {
        group--;
      }
      boolean isGroup =
          group >= 0
              && group < start - 1
              && isJoint(window.charAt(start - 1))
              && (group == 0 || !Character.isLetterOrDigit(window.charAt(group - 1)));
      if (!isGroup) {
        return start == span.start ? start : behindOthers(window, start, span.start);
      }
      start = group;
    }
    return span.start;
  }

  /** The beginning of a stretch, or what is behind the last of those that speak for themselves. */
  private static int behindOthers(String window, int start, int end) {
    int from = start;
    for (Span other : spans(window)) {
      if (other.start < end && other.end > from) {
        from = Math.min(end, other.end);
      }
    }
    while (from < end && from > start && !isDigit(window.charAt(from))) {
      from++;
    }
    return from;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** What stands between the groups of a number: signs, and blanks that don't end a line. */
  private static boolean isJoint(char c) {
    return " ,.'’_-\u00A0\u2009\u202F".indexOf(c) >= 0;
  }

  /** What covers a place, of which perhaps only a part differs. */
  private static Span around(String window, int start, int end) {
    int from = start;
    int to = end;
    while (from < to && isEdge(window.charAt(from))) {
      from++;
    }
    while (to > from && isEdge(window.charAt(to - 1))) {
      to--;
    }
    if (from == to) {
      return new Span(Form.WORDS, start, end);
    }
    Span best = null;
    for (Span span : spans(window)) {
      int common = Math.min(span.end, to) - Math.max(span.start, from);
      if (common > 0 && 3 * common >= to - from && isBetter(span, best)) {
        best = span;
      }
    }
    Matcher titled = TITLED.matcher(window);
    while (best == null && titled.find()) {
      if (titled.start() <= from && to <= titled.end()) {
        best = new Span(Form.FULL_NAME, titled.start(), titled.end());
      }
    }
    return best == null ? plain(window, from, to) : best;
  }

  /** The most telling value within a place. */
  private static Span inside(String window, int start, int end) {
    Span best = null;
    for (Span span : spans(window)) {
      if (span.start >= start && span.end <= end && isBetter(span, best)) {
        best = span;
      }
    }
    if (best != null) {
      return best;
    }
    Matcher digits = WITH_DIGITS.matcher(window).region(start, end);
    digits.useTransparentBounds(true);
    if (digits.find()) {
      return plain(window, digits.start(), digits.end());
    }
    Matcher names = NAMES_INSIDE.matcher(window).region(start, end);
    names.useTransparentBounds(true);
    if (names.find()) {
      return plain(window, names.start(), names.end());
    }
    return new Span(end - start > MAX_VALUE ? Form.TEXT : Form.WORDS, start, end);
  }

  private static boolean isBetter(Span span, @Nullable Span than) {
    if (than == null) {
      return true;
    }
    int bySpeech = span.form.compareTo(than.form);
    return bySpeech < 0 || (bySpeech == 0 && span.end - span.start > than.end - than.start);
  }

  /** All that speaks for itself. */
  private static List<Span> spans(String window) {
    List<Span> spans = new ArrayList<>();
    String signs = CalendarWords.signs(window);
    List<Span> dates = find(DATES, Form.DATE, signs);
    dates.removeIf(date -> isNumbered(window, date, NO_YEAR));
    List<Span> clocks = find(CLOCKS, Form.CLOCK, signs);
    clocks.removeIf(clock -> isNumbered(window, clock, MINUTES));
    for (Span clock : clocks) {
      Span joined = clock;
      for (Span date : dates) {
        joined = join(signs, joined, date);
      }
      // As asctime writes it, the year comes last.
      Matcher year = YEAR_BEHIND.matcher(signs);
      if (joined.start < clock.start && year.region(joined.end, signs.length()).lookingAt()) {
        joined = new Span(Form.CLOCK, joined.start, year.end());
      }
      for (Span date : dates) {
        joined = join(signs, joined, date);
      }
      spans.add(joined);
    }
    spans.addAll(find(COMPACT, Form.CLOCK, window));
    spans.addAll(find(EPOCHS, Form.EPOCH, window));
    spans.addAll(dates);
    spans.addAll(find(UUIDS, Form.UUID, window));
    spans.addAll(find(BARE_UUIDS, Form.BARE_UUID, window));
    spans.addAll(find(EMAILS, Form.EMAIL, window));
    return spans;
  }

  /**
   * Whether the words before say that numbers of a form are a version's, a section's, a count's.
   */
  private static boolean isNumbered(String window, Span span, Pattern form) {
    if (!form.matcher(window).region(span.start, span.end).matches()) {
      return false;
    }
    Matcher numbered =
        NUMBERED.matcher(window).region(Math.max(0, span.start - NUMBERED_CHARS), span.start);
    return numbered.useTransparentBounds(true).find()
        || switch (Cue.around(window, span.start, span.end)) {
          case COUNT, ID, DIGEST -> form == NO_YEAR;
          case NONE, USER, VERSION -> false;
        };
  }

  private static Span join(String window, Span clock, Span date) {
    boolean before = date.end <= clock.start;
    if (!before && date.start < clock.end) {
      return clock;
    }
    String between =
        before ? window.substring(date.end, clock.start) : window.substring(clock.end, date.start);
    return between.length() <= 12 && BETWEEN.matcher(between).matches()
        ? new Span(Form.CLOCK, Math.min(clock.start, date.start), Math.max(clock.end, date.end))
        : clock;
  }

  private static List<Span> find(Pattern pattern, Form form, String window) {
    List<Span> spans = new ArrayList<>();
    Matcher matcher = pattern.matcher(window);
    while (matcher.find()) {
      spans.add(new Span(form, matcher.start(), matcher.end()));
    }
    return spans;
  }

  /** What doesn't speak for itself: by its characters alone. */
  private static Span plain(String window, int start, int end) {
    String value = window.substring(start, end);
    return new Span(form(value), start, end);
  }

  private static Form form(String value) {
    if (value.length() > MAX_VALUE) {
      return ONE_TOKEN.matcher(value).matches() ? Form.TOKEN : Form.TEXT;
    }
    if (DIGITS.matcher(value).matches()) {
      return Form.NUMBER;
    }
    if (HEX_DIGITS.matcher(value).matches()) {
      return value.length() == 32 ? Form.HEX_32 : Form.HEX;
    }
    if (LETTERS_AND_DIGITS.matcher(value).matches()
        || GROUPS.matcher(value).matches()
        || looksRandom(value)) {
      return Form.TOKEN;
    }
    if (NAMES.matcher(value).matches() && !COMPANY.matcher(value).matches()) {
      return value.indexOf(' ') < 0 ? Form.NAME : Form.FULL_NAME;
    }
    return ONE_WORD.matcher(value).matches() ? Form.WORD : Form.WORDS;
  }

  /** Letters of both cases in turns, as base64 has them, and no word. */
  private static boolean looksRandom(String value) {
    if (value.length() < 8) {
      return false;
    }
    int turns = 0;
    for (int i = 1; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c <= ' ') {
        return false;
      }
      if (Character.isUpperCase(c) && Character.isLowerCase(value.charAt(i - 1))) {
        turns++;
      }
    }
    return 5 * turns >= value.length();
  }

  /** White space and what encloses or ends a value. */
  private static boolean isEdge(char c) {
    return c <= ' '
        || "\"'()[]{}<>,;:.!?#=*`".indexOf(c) >= 0
        || (c >= 0x80 && !Character.isLetterOrDigit(c) && !Character.isSurrogate(c));
  }
}
