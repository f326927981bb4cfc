package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
  @Test
  void parse_eachForm_hasItsParts() {
    assertThat(Address.parse("127.0.0.1:80")).isEqualTo(new Address.Ip("127.0.0.1", 80));
    assertThat(Address.parse("[::1]:0")).isEqualTo(new Address.Ip("::1", 0));
    assertThat(Address.parse("API.example.com:443"))
        .isEqualTo(new Address.Host("api.example.com", 443));
    assertThat(Address.parse("unix:/run/w.sock"))
        .isEqualTo(new Address.Unix(Path.of("/run/w.sock")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:80", "[2001:db8::1]:443", "a-b.c:1", "unix:/run/w.sock"})
  void toString_parsed_isWhatWasParsed(String text) {
    assertThat(Address.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "80",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.1:80",
        "127.0.0.256:80",
        "127.0.0.01:80",
        "1.2.3.4.5:80",
        "::1:80",
        "[::1]",
        "[::1%lo]:80",
        "[127.0.0.1]:80",
        "[:::]:80",
        "-a.b:80",
        "a..b:80",
        "a_b:80",
        "host:80:90",
        "http://a:80",
        "unix:relative",
        "unix:",
        " 127.0.0.1:80"
      })
  void parse_anythingElse_refused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Address.parse(text))
        .withMessageContaining("expected: ip:port, host:port or unix:/path");
  }

  @Test
  void parse_longSocketPath_refused() {
    assertThat(Address.tryParse("unix:/" + "a".repeat(106))).isPresent();
    assertThat(Address.tryParse("unix:/" + "a".repeat(107))).isEmpty();
  }

  @Test
  void isLocal_loopbackAndSockets_only() {
    assertThat(Address.parse("127.8.0.1:80").isLocal()).isTrue();
    assertThat(Address.parse("[::1]:80").isLocal()).isTrue();
    assertThat(Address.parse("localhost:80").isLocal()).isTrue();
    assertThat(Address.parse("unix:/s").isLocal()).isTrue();
    assertThat(Address.parse("0.0.0.0:80").isLocal()).isFalse();
    assertThat(Address.parse("[::]:80").isLocal()).isFalse();
    assertThat(Address.parse("localhost.example.com:80").isLocal()).isFalse();
  }
}
