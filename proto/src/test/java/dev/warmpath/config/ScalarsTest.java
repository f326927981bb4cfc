package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.ExtProc;
import dev.warmpath.config.v1.Loops;
import dev.warmpath.config.v1.Pool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScalarsTest {
  private static final FieldDescriptor DURATION = field(Loops.getDescriptor(), "interval");
  private static final FieldDescriptor BYTES = field(ExtProc.getDescriptor(), "max_body_bytes");
  private static final FieldDescriptor BYTES_64 =
      field(ExtProc.getDescriptor(), "max_bytes_in_flight");
  private static final FieldDescriptor COUNT = field(ExtProc.getDescriptor(), "max_depth");
  private static final FieldDescriptor DOUBLE = field(Loops.getDescriptor(), "weight_step");

  private static FieldDescriptor field(Descriptor type, String name) {
    return type.findFieldByName(name);
  }

  @ParameterizedTest
  @CsvSource({
    "0s, 0, 0",
    "250ms, 0, 250000000",
    "0.1s, 0, 100000000",
    "1.5m, 90, 0",
    "1h, 3600, 0",
    "1us, 0, 1000",
    "7ns, 0, 7",
    "315576000000s, 315576000000, 0"
  })
  void parse_duration_isExact(String text, long seconds, int nanos) {
    assertThat(Scalars.parse(DURATION, text))
        .contains(Duration.newBuilder().setSeconds(seconds).setNanos(nanos).build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "-1s",
        "1 s",
        "1d",
        "1S",
        ".5s",
        "1.s",
        "0.5ns",
        "1h30m",
        "NaNs",
        "1e3s",
        "315576000001s",
        "99999999999999999999s"
      })
  void parse_wrongDuration_refused(String text) {
    assertThat(Scalars.parse(DURATION, text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "4096, 4096", "64KiB, 65536", "4MiB, 4194304", "3GiB, -1073741824"})
  void parse_bytes_areUnsigned(String text, int value) {
    assertThat(Scalars.parse(BYTES, text)).contains(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-1", "4294967296", "4GiB", "4MB", "4 MiB", "0x10", "1_000", "1e3", "1.0"})
  void parse_wrongBytes_refused(String text) {
    assertThat(Scalars.parse(BYTES, text)).isEmpty();
  }

  @Test
  void parse_64bits_staysPositive() {
    assertThat(Scalars.parse(BYTES_64, "9223372036854775807")).contains(Long.MAX_VALUE);
    assertThat(Scalars.parse(BYTES_64, "9223372036854775808")).isEmpty();
    assertThat(Scalars.parse(BYTES_64, "8589934592GiB")).isEmpty();
  }

  @Test
  void parse_unitOnCount_refused() {
    assertThat(Scalars.parse(COUNT, "1KiB")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {".nan", ".inf", "-.inf", "NaN", "Infinity", "1e999", "0x1p3", "1f", ""})
  void parse_wrongNumber_refused(String text) {
    assertThat(Scalars.parse(DOUBLE, text)).isEmpty();
  }

  @Test
  void parse_enum_inAnyCaseButNeverUnset() {
    FieldDescriptor engine = field(Pool.getDescriptor(), "engine");

    assertThat(Scalars.parse(engine, "vllm")).contains(Pool.Engine.VLLM.getValueDescriptor());
    assertThat(Scalars.parse(engine, "SGLang")).contains(Pool.Engine.SGLANG.getValueDescriptor());
    assertThat(Scalars.parse(engine, "engine_unspecified")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "1ns", "1500us", "250ms", "90s", "90m", "24h"})
  void format_duration_parsesBack(String text) {
    Duration duration = (Duration) Scalars.parse(DURATION, text).orElseThrow();

    assertThat(Scalars.parse(DURATION, Scalars.format(duration))).contains(duration);
  }

  @Test
  void formatBytes_largestWholeUnit_isUsed() {
    assertThat(Scalars.formatBytes(0)).isEqualTo("0");
    assertThat(Scalars.formatBytes(1025)).isEqualTo("1025");
    assertThat(Scalars.formatBytes(4096)).isEqualTo("4KiB");
    assertThat(Scalars.formatBytes(1L << 40)).isEqualTo("1024GiB");
  }

  @Test
  void isBytes_rate_isNot() {
    assertThat(Scalars.isBytes(field(Config.getDescriptor(), "generation"))).isFalse();
  }
}
