package dev.warmpath.extproc.server;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;

/** Made-up requests and responses of both APIs, for the warm-up. */
final class SampleBodies {

  static final List<String> OPENAI_STREAM =
      List.of(
          "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n",
          "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}}]}\n\n",
          "data:"
              + " {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
          "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":900,"
              + "\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":512}}}\n\n",
          "data: [DONE]\n\n");

  static final List<String> ANTHROPIC_STREAM =
      List.of(
          "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
              + "{\"input_tokens\":9,\"cache_creation_input_tokens\":0,"
              + "\"cache_read_input_tokens\":800,\"output_tokens\":1}}}\n\n",
          "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
              + "\"delta\":{\"type\":\"text_delta\",\"text\":\"one\"}}\n\n",
          "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":"
              + "{\"output_tokens\":2}}\n\n",
          "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");

  private static final int[] SIZES = {1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10};

  private static final String SENTENCE =
      "The quick brown fox jumps over the lazy dog, \\\"twice\\\", and at length, too\\n. ";

  private static final String TYPOGRAPHY = "It does so na\u00efvely. ";

  private SampleBodies() {}

  static List<ByteString> openAi(int maxBytes) {
    List<ByteString> bodies = new ArrayList<>();
    for (int size : SIZES) {
      if (size <= maxBytes) {
        bodies.add(
            ByteString.copyFromUtf8(
                "{\"model\":\"warm-up\",\"stream\":true,\"max_tokens\":16,\"tools\":[{\"type\":"
                    + "\"function\",\"function\":{\"name\":\"look\",\"parameters\":{\"type\":"
                    + "\"object\",\"properties\":{\"at\":{\"type\":\"string\"}}}}}],\"messages\":["
                    + "{\"role\":\"system\",\"content\":\""
                    + text(size / 2)
                    + "\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\""
                    + text(size / 4)
                    + "\"}]},{\"role\":\"assistant\",\"content\":\"Yes.\"},"
                    + "{\"role\":\"user\",\"content\":\""
                    + text(size / 4)
                    + "\"}]}"));
      }
    }
    return bodies;
  }

  static List<ByteString> anthropic(int maxBytes) {
    List<ByteString> bodies = new ArrayList<>();
    for (int size : SIZES) {
      if (size <= maxBytes) {
        bodies.add(
            ByteString.copyFromUtf8(
                "{\"model\":\"claude-opus-5-5\",\"max_tokens\":16,\"tools\":[{\"name\":\"look\","
                    + "\"input_schema\":{\"type\":\"object\",\"properties\":{}}}],\"system\":\""
                    + text(size / 2)
                    + "\",\"messages\":[{\"role\":\"user\",\"content\":\""
                    + text(size / 4)
                    + "\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":"
                    + "\"Yes.\"}]},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\""
                    + text(size / 4)
                    + "\"}]}]}"));
      }
    }
    return bodies;
  }

  private static String text(int bytes) {
    StringBuilder text = new StringBuilder(bytes + SENTENCE.length());
    for (int i = 0; text.length() < bytes; i++) {
      // A character beyond ASCII in some 600 bytes, as English prose has it.
      text.append(i % 8 == 4 ? TYPOGRAPHY : SENTENCE);
    }
    return text.toString();
  }
}
