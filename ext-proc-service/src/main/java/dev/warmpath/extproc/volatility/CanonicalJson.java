package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.dynatrace.hash4j.hashing.Hasher64;
import java.util.Arrays;

/**
 * Reads the JSON of canonical text, in which a string ends with 0xFF, to hashes that don't depend
 * on the order of members. Never fails: what it can't read is hashed as it stands. Not thread-safe.
 */
final class CanonicalJson {

  /**
   * Hashes of one value.
   *
   * @param keyless equal whatever the order of members
   * @param orderless the same, and whatever the order of elements
   * @param nameHash of the outermost member {@code name} that is a string; 0: none
   * @param declarations whether it lists functions, as Gemini's tools do
   */
  record Hashes(long keyless, long orderless, long nameHash, boolean declarations) {
    static Hashes plain(long hash) {
      return new Hashes(hash, hash, 0, false);
    }
  }

  private static final int MAX_DEPTH = 64;
  private static final byte END = (byte) 0xFF;
  private static final byte[] NAME = {'n', 'a', 'm', 'e'};
  private static final byte[] CAMEL_DECLARATIONS = "functionDeclarations".getBytes(US_ASCII);
  private static final byte[] SNAKE_DECLARATIONS = "function_declarations".getBytes(US_ASCII);

  private final Hasher64 hasher;
  private byte[] text = {};
  private int at;
  private int end;
  private int nameDepth;
  private long nameHash;
  private boolean declarations;

  /** The second hash of the value last read. */
  private long orderless;

  CanonicalJson(Hasher64 hasher) {
    this.hasher = hasher;
  }

  Hashes read(byte[] text, int start, int end) {
    this.text = text;
    this.at = start;
    this.end = end;
    nameDepth = Integer.MAX_VALUE;
    nameHash = 0;
    declarations = false;
    long keyless = value(0);
    return new Hashes(keyless, orderless, nameHash, declarations);
  }

  private long value(int depth) {
    if (at >= end || depth > MAX_DEPTH) {
      return rest();
    }
    return switch (text[at]) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> {
        orderless = string();
        yield orderless;
      }
      default -> scalar();
    };
  }

  private long rest() {
    long hash = hasher.hashBytesToLong(text, at, Math.max(0, end - at));
    at = end;
    orderless = hash;
    return hash;
  }

  private long string() {
    int start = at;
    while (at < end && text[at] != END) {
      at++;
    }
    long hash = hasher.hashBytesToLong(text, start, at - start);
    at++;
    return hash;
  }

  private long scalar() {
    int start = at;
    while (at < end && text[at] != ',' && text[at] != '}' && text[at] != ']' && text[at] != END) {
      at++;
    }
    orderless = hasher.hashBytesToLong(text, start, at - start);
    if (at == start) {
      at++; // Not what we think it is; go on.
    }
    return orderless;
  }

  private long object(int depth) {
    at++;
    long keyless = 0x6F;
    long sum = 0x6F;
    while (at < end && text[at] != '}') {
      if (text[at] != '"') {
        at++;
        continue;
      }
      int keyStart = at + 1;
      long key = string();
      int keyEnd = Math.max(keyStart, at - 1);
      if (at < end && text[at] == ':') {
        at++;
      }
      boolean isString = at < end && text[at] == '"';
      long value = value(depth + 1);
      if (isString && depth < nameDepth && is(keyStart, keyEnd, NAME)) {
        nameDepth = depth;
        nameHash = value;
      }
      if (depth == 0
          && (is(keyStart, keyEnd, CAMEL_DECLARATIONS)
              || is(keyStart, keyEnd, SNAKE_DECLARATIONS))) {
        declarations = true;
      }
      keyless += hasher.hashLongLongToLong(key, value);
      sum += hasher.hashLongLongToLong(key, orderless);
    }
    at++;
    orderless = hasher.hashLongLongToLong(sum, 1);
    return hasher.hashLongLongToLong(keyless, 1);
  }

  private long array(int depth) {
    at++;
    long chain = 0x61;
    long sum = 0x61;
    while (at < end && text[at] != ']') {
      if (text[at] == ',') {
        at++;
        continue;
      }
      chain = hasher.hashLongLongToLong(chain, value(depth + 1));
      sum += hasher.hashLongLongToLong(orderless, 3);
    }
    at++;
    orderless = hasher.hashLongLongToLong(sum, 2);
    return hasher.hashLongLongToLong(chain, 2);
  }

  private boolean is(int from, int to, byte[] name) {
    return Arrays.equals(text, from, to, name, 0, name.length);
  }
}
