package dev.warmpath.e2e.provider;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * What a request of OpenAI's form says of caches.
 *
 * @param key {@code prompt_cache_key}; empty: none
 * @param explicit whether only the client's own breakpoints count
 * @param dayLong whether it asks to be kept for 24 hours
 */
record OpenAiCaching(String key, boolean explicit, boolean dayLong) {
  /** What a breakpoint asks for; the API has one lifetime. */
  static final int BREAKPOINT_SECONDS = 1_800;

  private static final int MAX_KEY_CHARS = 64;

  static OpenAiCaching of(JsonNode root, ChatHost host) throws ApiException {
    String key = "";
    if (root.hasNonNull("prompt_cache_key")) {
      key = host.text(root, "", "prompt_cache_key");
      int chars = key.codePointCount(0, key.length());
      if (chars > MAX_KEY_CHARS) {
        throw host.refused(
            "prompt_cache_key",
            ("Invalid 'prompt_cache_key': string too long. Expected a string with maximum length"
                    + " %d, but got a string with length %d instead.")
                .formatted(MAX_KEY_CHARS, chars),
            "string_above_max_length");
      }
    }
    boolean dayLong = false;
    if (root.has("prompt_cache_retention")) {
      if (host == ChatHost.OPENAI_BREAKPOINTS) {
        throw host.refused(
            "prompt_cache_retention",
            "Unsupported parameter: 'prompt_cache_retention' is not supported with this model.",
            "unsupported_parameter");
      }
      String retention = root.path("prompt_cache_retention").asText();
      dayLong = retention.equals("24h");
      if (!dayLong && !retention.equals("in_memory") && root.hasNonNull("prompt_cache_retention")) {
        throw host.wrong("prompt_cache_retention", "expected in_memory or 24h", "invalid_value");
      }
    }
    boolean explicit = false;
    JsonNode options = root.path("prompt_cache_options");
    if (!options.isMissingNode() && !options.isNull()) {
      host.allow(options, "prompt_cache_options", Set.of("mode", "ttl"));
      String mode = options.path("mode").asText("implicit");
      explicit = mode.equals("explicit");
      if (!explicit && !mode.equals("implicit")) {
        throw host.wrong(
            "prompt_cache_options.mode", "expected implicit or explicit", "invalid_value");
      }
      if (!options.path("ttl").asText("30m").equals("30m")) {
        throw host.wrong("prompt_cache_options.ttl", "expected 30m", "invalid_value");
      }
    }
    return new OpenAiCaching(key, explicit, dayLong);
  }

  /** The lifetime that the breakpoint of a content part asks for, in seconds; 0: it has none. */
  static int breakpoint(JsonNode part, String path, ChatHost host) throws ApiException {
    JsonNode breakpoint = part.path("prompt_cache_breakpoint");
    if (breakpoint.isMissingNode() || breakpoint.isNull()) {
      return 0;
    }
    String at = path + ".prompt_cache_breakpoint";
    host.allow(breakpoint, at, Set.of("mode"));
    if (!breakpoint.path("mode").asText().equals("explicit")) {
      throw host.wrong(at + ".mode", "expected explicit", "invalid_value");
    }
    return BREAKPOINT_SECONDS;
  }
}
