package dev.warmpath.extproc.logs;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Random choices from a seed, the same ones on every run. Not thread-safe. */
final class Draw {

  private static final String BASE62 =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final String CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z]+)\\}");
  private static final DateTimeFormatter MINUTES =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter GERMAN_DAY =
      DateTimeFormatter.ofPattern("dd.MM.yyyy", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final long seed;
  private final Random random;

  Draw(long seed) {
    this.seed = seed;
    // Neighbouring seeds of Random begin alike.
    long mixed = (seed + 1) * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ mixed >>> 31) * 0xBF58476D1CE4E5B9L;
    random = new Random(mixed ^ mixed >>> 29);
  }

  /** Choices of their own, whatever has been drawn here. */
  Draw fork(long salt) {
    return new Draw(seed * 0x100000001B3L ^ salt);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** From {@code low} to {@code high}, both included. */
  int between(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  /** Seconds between arrivals that know nothing of each other. */
  long gapSeconds(double mean) {
    return Math.max(1, Math.round(-mean * Math.log(1 - random.nextDouble())));
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  String pick(String... from) {
    return from[random.nextInt(from.length)];
  }

  <T> List<T> shuffled(List<T> list) {
    List<T> copy = new ArrayList<>(list);
    Collections.shuffle(copy, random);
    return copy;
  }

  /** Some elements, none twice. */
  <T> List<T> some(List<T> list, int count) {
    return shuffled(list).subList(0, Math.min(count, list.size()));
  }

  String hex(int digits) {
    return from("0123456789abcdef", digits);
  }

  String digits(int count) {
    return from("0123456789", count);
  }

  String base62(int count) {
    return from(BASE62, count);
  }

  String crockford(int count) {
    return from(CROCKFORD, count);
  }

  String from(String alphabet, int count) {
    StringBuilder text = new StringBuilder(count);
    for (int i = 0; i < count; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  String base64(int bytes) {
    return Base64.getEncoder().encodeToString(bytes(bytes));
  }

  /** Version 4. */
  UUID uuid() {
    return new UUID(
        (random.nextLong() & ~0xF000L) | 0x4000L,
        (random.nextLong() & ~(3L << 62)) | Long.MIN_VALUE);
  }

  /** Version 7: begins with the time. */
  UUID uuidOf(Instant time) {
    return new UUID(
        time.toEpochMilli() << 16 | 0x7000L | random.nextInt(0x1000),
        (random.nextLong() & ~(3L << 62)) | Long.MIN_VALUE);
  }

  /** Puts drawn values into the places of {@code {date}}, {@code {id}}, {@code {name}} and such. */
  String fill(String template, Instant now) {
    Matcher matcher = PLACEHOLDER.matcher(template);
    StringBuilder filled = new StringBuilder();
    while (matcher.find()) {
      matcher.appendReplacement(
          filled, Matcher.quoteReplacement(drawn(matcher.group(1), matcher.group(), now)));
    }
    return matcher.appendTail(filled).toString();
  }

  private String drawn(String name, String asWritten, Instant now) {
    return switch (name) {
      case "date" -> MINUTES.format(now.minusSeconds(below(40) * 86_400L)).substring(0, 10);
      case "tag" -> GERMAN_DAY.format(now.plusSeconds((below(60) - 30) * 86_400L));
      case "time" -> MINUTES.format(now.minusSeconds(below(90_000)));
      case "stamp" -> now.minusSeconds(below(7200)).toString();
      case "id" -> between(100_000, 999_999) + "";
      case "code" -> from("ABCDEFGHKLMNPRSTUVWXYZ", 2) + "-" + digits(5);
      case "hex" -> hex(12);
      case "uuid" -> uuid().toString();
      case "name" -> pick(Names.FIRST) + " " + pick(Names.LAST);
      case "first" -> pick(Names.FIRST);
      case "city" -> pick(Names.CITIES);
      case "product" -> pick(Names.PRODUCTS);
      case "n" -> between(2, 48) + "";
      case "amount" -> "%d.%02d".formatted(between(3, 900), below(100));
      case "error" -> pick("E", "ERR_", "X") + between(1000, 9999);
      case "file" -> pick(Names.FILES);
      case "word" -> pick(Names.WORDS);
      case "month" -> pick(Names.MONTHS);
      case "version" -> between(0, 9) + "." + below(30) + "." + below(12);
      case "ip" -> pick("10.3.", "172.16.", "192.168.") + below(256) + "." + between(1, 254);
      case "host" -> pick(Names.WORDS) + "-" + between(1, 60);
      case "pod" -> pick(Names.WORDS) + "-" + hex(9) + "-" + from("bcdfghjklmnpqrstvwxz", 5);
      default -> asWritten;
    };
  }
}
