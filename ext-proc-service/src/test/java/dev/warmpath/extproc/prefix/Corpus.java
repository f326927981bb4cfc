package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmpath.extproc.prompt.Dialect;
import java.util.Random;

/**
 * Bodies to measure with: conversations of an agent with tools, made of random words so that no
 * branch predictor learns them as it would a repeated sentence.
 *
 * <p>What matters to a scanner is how far apart escapes and bytes beyond ASCII stand. Taken from
 * the files at hand, as JSON strings: Java sources have one escape in 29 bytes (a line break in 35,
 * a quote in 195), Python's library 29, a log of patches 36, headers in C 36, YAML 36, logs 68,
 * Markdown with wrapped lines 71. Prose of a model isn't wrapped: a line break in some 150 bytes
 * with its lists, and one typographic character in some 200. JSON as a tool's result has a quote in
 * 10.
 */
public enum Corpus {
  /**
   * System prompt and descriptions of tools are prose; the rest is 40 % prose, 35 % code, 20 %
   * logs, 5 % JSON. An escape in about 45 bytes, arguments of calls included.
   */
  CHAT {
    @Override
    String description(Random random, int length) {
      return prose(random, length, WORDS, 20, true);
    }

    @Override
    String text(Random random, int length) {
      int kind = random.nextInt(100);
      if (kind < 40) {
        return prose(random, length, WORDS, 20, true);
      }
      if (kind < 75) {
        return code(random, length);
      }
      return kind < 95 ? log(random, length) : records(random, length, WORDS);
    }
  },

  /**
   * No string is plain: JSON in a string, and text whose client writes what is beyond ASCII as
   * {@code \}{@code uXXXX}, half each.
   */
  ESCAPED {
    @Override
    String text(Random random, int length) {
      return random.nextBoolean()
          ? records(random, length, WORDS)
          : prose(random, length, random.nextBoolean() ? CYRILLIC : JAPANESE, 0, false);
    }

    @Override
    boolean asciiOnly() {
      return true;
    }
  },

  /** Russian, Japanese and Chinese prose, as UTF-8. */
  NON_ASCII {
    @Override
    String text(Random random, int length) {
      return switch (random.nextInt(3)) {
        case 0 -> prose(random, length, CYRILLIC, 0, true);
        case 1 -> prose(random, length, JAPANESE, 0, false);
        default -> prose(random, length, CHINESE, 0, false);
      };
    }
  };

  private static final String[] WORDS =
      """
      the of and to in is that for it as with on be this by not are from or an at which you can \
      was have but all if will one has use when there we what so value more file should because \
      request returns error before after each path first test message only server name change line \
      function order result cluster response version build without configuration default otherwise \
      deployment documentation retrieval implementation timeout kubernetes repository connection \
      necessary available environment characters performance dependency unfortunately however\
      """
          .split(" ");
  private static final String[] CYRILLIC =
      "в и не на что с по это как из к для мы от если файл строка запрос ответ сервер значение ошибка перед после настройка соединение развёртывание документация производительность"
          .split(" ");
  private static final String[] JAPANESE =
      "設定 ファイル を 確認 して ください 。 エラー が 発生 しました 、 サーバー の 応答 時間 は 短い です メモリ 使用 量 これ テスト 結果 に なり ます また 新しい バージョン"
          .split(" ");
  private static final String[] CHINESE =
      "请 检查 配置 文件 ， 服务器 返回 错误 。 这个 函数 的 结果 是 我们 需要 更新 版本 和 数据库 连接 超时 因为 没有 可用 内存 测试 通过 了 性能"
          .split(" ");
  private static final String[] SYMBOLS = {
    " = ",
    "(",
    ");",
    " {",
    "}",
    ".",
    ", ",
    " + ",
    " == ",
    "[i]",
    " -> ",
    "; ",
    " != null",
    " return "
  };
  private static final String[] TYPOGRAPHY = {"—", "’", "“", "”", "é", "→", "✅", "…"};

  /** Some text of about so many characters. */
  abstract String text(Random random, int length);

  /** The same, where clients describe something to the model. */
  String description(Random random, int length) {
    return text(random, length);
  }

  /** Whether the client escapes all that is beyond ASCII. */
  boolean asciiOnly() {
    return false;
  }

  /** A body of at least so many bytes; a message or two more. */
  public byte[] body(Dialect dialect, int bytes, long seed) {
    Random random = new Random(seed);
    boolean anthropic = dialect == Dialect.ANTHROPIC_MESSAGES;
    StringBuilder out = new StringBuilder(bytes + 8192);
    out.append("{\"model\":\"some-model-4\",\"stream\":true,\"max_tokens\":4096,\"tools\":[");
    for (int tool = 0; tool < 2 || out.length() < Math.min(bytes / 8, 24_000); tool++) {
      out.append(tool == 0 ? "" : ",");
      tool(out, random, anthropic, tool);
    }
    out.append("],");
    // Where it is not plain a character takes two to six bytes.
    String system = description(random, Math.min(bytes / (this == CHAT ? 8 : 24), 16_000));
    if (anthropic) {
      out.append("\"system\":[{\"type\":\"text\",\"text\":");
      string(out, system);
      out.append(",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[");
    } else {
      out.append("\"messages\":[{\"role\":\"system\",\"content\":");
      string(out, system);
      out.append("}");
    }
    int written = out.toString().getBytes(UTF_8).length;
    for (int turn = 0; turn == 0 || written < bytes; turn++) {
      int start = out.length();
      if (turn > 0 || !anthropic) {
        out.append(',');
      }
      turn(out, random, anthropic, turn);
      written += out.substring(start).getBytes(UTF_8).length;
    }
    return out.append("]}").toString().getBytes(UTF_8);
  }

  private void tool(StringBuilder out, Random random, boolean anthropic, int number) {
    out.append(anthropic ? "{" : "{\"type\":\"function\",\"function\":{");
    out.append("\"name\":\"tool_").append(number).append("\",\"description\":");
    string(out, description(random, 200 + random.nextInt(600)));
    out.append(anthropic ? ",\"input_schema\":" : ",\"parameters\":");
    out.append("{\"type\":\"object\",\"properties\":{");
    for (int i = 0; i < 4; i++) {
      out.append(i == 0 ? "" : ",").append("\"field_").append(i);
      out.append("\":{\"type\":\"string\",\"description\":");
      string(out, description(random, 60));
      out.append('}');
    }
    out.append("},\"required\":[\"field_0\"]}").append(anthropic ? "}" : "}}");
  }

  /** A question, a call, its result and an answer, in turn. */
  private void turn(StringBuilder out, Random random, boolean anthropic, int turn) {
    String id = "call_" + Integer.toHexString(random.nextInt());
    switch (turn % 4) {
      case 0 -> {
        out.append("{\"role\":\"user\",\"content\":");
        content(out, text(random, 50 + random.nextInt(1500)), anthropic);
      }
      case 1 -> {
        out.append("{\"role\":\"assistant\",\"content\":");
        if (anthropic) {
          out.append("[{\"type\":\"text\",\"text\":");
          string(out, text(random, 80));
          out.append("},{\"type\":\"tool_use\",\"id\":\"").append(id);
          out.append(
              "\",\"name\":\"tool_1\",\"input\":{\"path\":\"src/main/Foo.java\",\"field_1\":");
          string(out, text(random, 300));
          out.append("}}]}");
        } else {
          string(out, text(random, 80));
          out.append(",\"tool_calls\":[{\"id\":\"").append(id);
          out.append("\",\"type\":\"function\",\"function\":{\"name\":\"tool_1\",\"arguments\":");
          string(
              out, "{\"path\": \"src/main/Foo.java\", \"field_1\": \"" + text(random, 300) + "\"}");
          out.append("}}]}");
        }
      }
      case 2 -> {
        String result = text(random, 200 + random.nextInt(6000));
        if (anthropic) {
          out.append(
              "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"");
          out.append(id).append("\",\"content\":");
          string(out, result);
          out.append("}]}");
        } else {
          out.append("{\"role\":\"tool\",\"tool_call_id\":\"").append(id).append("\",\"content\":");
          string(out, result);
          out.append('}');
        }
      }
      default -> {
        out.append("{\"role\":\"assistant\",\"content\":");
        content(out, text(random, 200 + random.nextInt(2000)), anthropic);
      }
    }
  }

  private void content(StringBuilder out, String text, boolean anthropic) {
    out.append(anthropic ? "[{\"type\":\"text\",\"text\":" : "");
    string(out, text);
    out.append(anthropic ? "}]}" : "}");
  }

  private void string(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\t' -> out.append("\\t");
        default -> {
          if (c >= 0x80 && asciiOnly()) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static String word(Random random, String[] words) {
    return words[random.nextInt(words.length)];
  }

  private static String prose(
      Random random, int length, String[] words, int wordsPerTypography, boolean spaces) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      for (int left = 6 + random.nextInt(40); left > 0; left--) {
        text.append(word(random, words));
        if (wordsPerTypography > 0 && random.nextInt(2 * wordsPerTypography) == 0) {
          text.append(word(random, TYPOGRAPHY));
        }
        if (random.nextInt(200) == 0) {
          text.append(" \"").append(word(random, words)).append('"');
        }
        text.append(spaces ? " " : "");
      }
      text.append(random.nextInt(4) == 0 ? "\n\n" : random.nextInt(4) == 0 ? "\n- " : ". ");
    }
    return text.toString();
  }

  private static String code(Random random, int length) {
    StringBuilder text = new StringBuilder();
    int indent = 0;
    while (text.length() < length) {
      indent = Math.clamp(indent + random.nextInt(3) - 1, 0, 6);
      text.append("  ".repeat(indent));
      for (int left = random.nextInt(7); left > 0; left--) {
        text.append(word(random, WORDS)).append(word(random, SYMBOLS));
      }
      if (random.nextInt(8) == 0) {
        text.append('"')
            .append(word(random, WORDS))
            .append(random.nextInt(10) == 0 ? "\\n\"" : "\"");
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String log(Random random, int length) {
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append("2026-11-%02dT%02d:".formatted(1 + random.nextInt(28), random.nextInt(24)));
      text.append(random.nextInt(5) == 0 ? "07:11.204Z WARN  " : "32:08.951Z INFO  ");
      for (int left = random.nextInt(9); left > 0; left--) {
        text.append(word(random, WORDS)).append(' ');
      }
      text.append(random.nextInt(1_000_000)).append('\n');
    }
    return text.toString();
  }

  private static String records(Random random, int length, String[] words) {
    StringBuilder text = new StringBuilder("[");
    while (text.length() < length) {
      text.append("{\"").append(word(random, words)).append("\": ").append(random.nextInt(1000));
      text.append(", \"").append(word(random, words)).append("\": \"");
      text.append(word(random, words)).append("\"},\n");
    }
    return text.append("{}]").toString();
  }
}
