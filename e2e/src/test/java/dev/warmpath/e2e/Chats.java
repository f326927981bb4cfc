package dev.warmpath.e2e;

import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.load.LoadRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;

/** Chat completions for tests: text that needs no escapes, another for each seed. Stateless. */
final class Chats {
  static final String PATH = "/v1/chat/completions";

  private static final int MIN_WORD = 3;
  private static final int MAX_WORD = 9;

  private Chats() {}

  /** Words of lower-case letters, equal for equal seeds. */
  static String text(long seed, int bytes) {
    var random = new SplittableRandom(seed);
    var text = new StringBuilder(bytes + MAX_WORD);
    while (text.length() < bytes) {
      int letters = random.nextInt(MIN_WORD, MAX_WORD);
      for (int i = 0; i < letters; i++) {
        text.append((char) ('a' + random.nextInt(26)));
      }
      text.append(' ');
    }
    text.setLength(bytes);
    return text.toString();
  }

  /**
   * A body.
   *
   * @param system the system prompt
   * @param turns of the user and the assistant, alternating
   */
  static byte[] body(int maxTokens, boolean stream, String system, String... turns) {
    var json =
        new StringBuilder(
            "{\"model\":\"%s\",\"max_tokens\":%d,\"stream\":%s,\"messages\":[{\"role\":\"system\",\"content\":\"%s\"}"
                .formatted(EngineSettings.DEFAULTS.model(), maxTokens, stream, system));
    for (int i = 0; i < turns.length; i++) {
      json.append(",{\"role\":\"%s\",\"content\":\"".formatted(i % 2 == 0 ? "user" : "assistant"))
          .append(turns[i])
          .append("\"}");
    }
    return json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  /** A request with that body, complete only with its last event when it is a stream. */
  static LoadRequest request(String group, byte[] body, boolean stream) {
    return new LoadRequest(
        group,
        PATH,
        Map.of("content-type", "application/json"),
        body,
        stream ? "data: [DONE]\n\n" : "");
  }

  /** As engines write it: hex. */
  static String sha256(byte[] body) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
