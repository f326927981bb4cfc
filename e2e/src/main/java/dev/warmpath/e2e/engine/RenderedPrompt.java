package dev.warmpath.e2e.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The prompt as an engine's chat template makes it of a request: tools, then messages, each with
 * its role. Text is its decoded bytes, whatever way JSON or parts write it; anything else is its
 * JSON.
 *
 * <p>Four bytes are a token. A role mark takes no tokens, but belongs to what is hashed: real marks
 * take three or four, which would only make worked numbers crooked.
 */
public final class RenderedPrompt {
  static final int BYTES_PER_TOKEN = 4;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L; // 2^64 / golden ratio, odd.

  private final byte[] bytes;
  private final long seed;
  private final int[] markAt;
  private final long[] mark;

  private RenderedPrompt(byte[] bytes, long seed, int[] markAt, long[] mark) {
    this.bytes = bytes;
    this.seed = seed;
    this.markAt = markAt;
    this.mark = mark;
  }

  /**
   * Renders a request.
   *
   * @throws IllegalArgumentException when it has no messages, with what was expected
   */
  public static RenderedPrompt of(JsonNode request) {
    JsonNode messages = request.path("messages");
    if (!messages.isArray() || messages.isEmpty()) {
      throw new IllegalArgumentException("messages (expected: a list that is not empty)");
    }
    var out = new ByteArrayOutputStream();
    int[] markAt = new int[messages.size()];
    long[] mark = new long[messages.size()];
    JsonNode tools = request.path("tools");
    for (JsonNode tool : tools) {
      text(tool.toString(), out);
    }
    int i = 0;
    for (JsonNode message : messages) {
      if (!message.path("role").isTextual()) {
        throw new IllegalArgumentException("messages[%d].role (expected: a role)".formatted(i));
      }
      markAt[i] = out.size();
      mark[i] = hash(message.path("role").textValue());
      i++;
      content(message.path("content"), out);
      if (message.hasNonNull("tool_calls")) {
        text(message.path("tool_calls").toString(), out);
      }
    }
    return new RenderedPrompt(
        out.toByteArray(), hash(request.path("cache_salt").asText("")), markAt, mark);
  }

  private static void content(JsonNode content, ByteArrayOutputStream out) {
    if (content.isTextual()) {
      text(content.textValue(), out);
    } else if (content.isArray()) {
      for (JsonNode part : content) {
        if (part.path("type").asText().equals("text")) {
          text(part.path("text").asText(), out);
        } else {
          text(part.toString(), out);
        }
      }
    }
  }

  private static void text(String text, ByteArrayOutputStream out) {
    out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Four bytes each, the last one begun. */
  public int tokens() {
    return Math.ceilDiv(bytes.length, BYTES_PER_TOKEN);
  }

  /**
   * One hash per whole block, each over all before it; the rest of the prompt is in no block.
   *
   * @param blockTokens even
   */
  public long[] chain(int blockTokens) {
    int blockBytes = blockTokens * BYTES_PER_TOKEN;
    long[] chain = new long[bytes.length / blockBytes];
    long hash = seed;
    int nextMark = 0;
    for (int block = 0; block < chain.length; block++) {
      int start = block * blockBytes;
      int end = start + blockBytes;
      for (; nextMark < mark.length && markAt[nextMark] < end; nextMark++) {
        hash = mix(mix(hash, mark[nextMark]), markAt[nextMark]);
      }
      for (int at = start; at < end; at += Long.BYTES) {
        hash = mix(hash, (long) LONGS.get(bytes, at));
      }
      chain[block] = hash;
    }
    return chain;
  }

  private static long hash(String text) {
    long hash = text.length();
    for (int i = 0; i < text.length(); i++) {
      hash = mix(hash, text.charAt(i));
    }
    return hash;
  }

  /** A folded multiplication: good enough for no adversary, at several bytes per nanosecond. */
  private static long mix(long hash, long word) {
    long mixed = (hash ^ word) * MULTIPLIER;
    return mixed ^ (mixed >>> 29) ^ Math.multiplyHigh(hash ^ word, MULTIPLIER);
  }
}
