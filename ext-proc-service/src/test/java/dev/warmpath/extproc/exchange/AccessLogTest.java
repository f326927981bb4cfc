package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.envoyproxy.envoy.data.accesslog.v3.ResponseFlags;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessLogTest {
  private static final List<String> UPSTREAM_BROKE_OFF =
      List.of(
          "upstream_connection_termination",
          "upstream_remote_reset",
          "upstream_protocol_error",
          "stream_idle_timeout");

  private static ResponseFlags flags(String... names) {
    ResponseFlags.Builder flags = ResponseFlags.newBuilder();
    for (String name : names) {
      flags.setField(ResponseFlags.getDescriptor().findFieldByName(name), true);
    }
    return flags.build();
  }

  @Test
  void isCut_responseThatHadBegun_onlyTheUpstreamsFlagsTellOfIt() {
    assertThat(AccessLog.isCut(ResponseFlags.getDefaultInstance(), 200)).isFalse();
    for (FieldDescriptor flag : ResponseFlags.getDescriptor().getFields()) {
      if (flag.getType() == FieldDescriptor.Type.BOOL) {
        assertThat(AccessLog.isCut(flags(flag.getName()), 200))
            .as(flag.getName())
            .isEqualTo(UPSTREAM_BROKE_OFF.contains(flag.getName()));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 101, 199, 400, 429, 500, 503})
  void isCut_statusOfNoResponseThatBeganWell_isNot(int status) {
    assertThat(AccessLog.isCut(flags("upstream_remote_reset"), status)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 206, 302, 399})
  void isCut_statusOfAResponseThatBeganWell_is(int status) {
    assertThat(AccessLog.isCut(flags("upstream_remote_reset"), status)).isTrue();
  }

  @Test
  void isCut_clientLeftToo_isNobodysFault() {
    for (String flag : UPSTREAM_BROKE_OFF) {
      assertThat(AccessLog.isCut(flags(flag, "downstream_connection_termination"), 200))
          .as(flag)
          .isFalse();
    }
  }
}
