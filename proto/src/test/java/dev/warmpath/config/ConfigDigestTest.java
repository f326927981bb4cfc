package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigDigestTest {
  private static final String FILE =
      """
      generation: 1
      ext_proc: {address: "127.0.0.1:1", admin_address: "127.0.0.1:2", max_depth: 64}
      secrets: {index_secret_file: /one, export_secret_file: /two}
      tenant: {authenticated_header: x-account}
      pools:
        - name: chat
          endpoints: [{address: "127.0.0.1:3", id: a, weight: 10}]
          metrics_path: /metrics
          cache_tokens: 1000
      providers:
        - {name: far, address: "far.test:443", api: anthropic_messages, credential_file: /key}
      routes:
        - {id: chat, pool: chat, path_prefix: /chat, pick: active, hash_key: root}
        - {id: far, provider: far, headers: {x-one: "1", x-two: "2", x-six: "6"}}
      loops: {interval: 1s}
      prefix: {block_bytes: 2048}
      """;

  @ParameterizedTest
  @CsvSource({
    "x-account, x-other",
    "cache_tokens: 1000, cache_tokens: 1001",
    "api: anthropic_messages, api: openai_chat",
    "'credential_file: /key', cache_scope: far",
    "/chat, /other",
    "pick: active, pick: forecast",
    "'x-two: \"2\"', 'x-two: \"3\"'",
    "block_bytes: 2048, block_bytes: 4096",
    "'block_bytes: 2048', 'max_blocks: 99'",
  })
  void digest_whatBothMustReadAlike_isInIt(String before, String after) throws ConfigException {
    assertThat(digest(replaced(before, after))).isNotEqualTo(digest(FILE));
  }

  @ParameterizedTest
  @CsvSource({
    "generation: 1, generation: 2",
    "127.0.0.1:1, 127.0.0.1:9",
    "max_depth: 64, max_depth: 65",
    "/one, /three",
    "127.0.0.1:3, 127.0.0.1:4",
    "weight: 10, weight: 11",
    "'weight: 10', 'drain: true'",
    "/metrics, /other",
    "far.test:443, near.test:443",
    "/key, /other-key",
    "hash_key: root, hash_key: none",
    "interval: 1s, interval: 2s",
    "'x-one: \"1\", x-two: \"2\"', 'x-two: \"2\", x-one: \"1\"'",
  })
  void digest_whatMayDiffer_isNotInIt(String before, String after) throws ConfigException {
    assertThat(digest(replaced(before, after))).isEqualTo(digest(FILE));
  }

  /** Two processes must agree, so the digest may depend on nothing of this one. */
  @Test
  void digest_knownFile_isTheKnownOne() throws ConfigException {
    assertThat(HexFormat.of().formatHex(digest(FILE).toByteArray()))
        .isEqualTo("4cc130732b45d2d1abfb35af510e9aff87d383f9cb6236647390e1f4933b17e4");
  }

  private static String replaced(String before, String after) {
    assertThat(FILE).contains(before);
    return FILE.replace(before, after);
  }

  private static ByteString digest(String yaml) throws ConfigException {
    return ConfigDigest.of(ConfigFile.parse(yaml, "test.yaml"));
  }
}
