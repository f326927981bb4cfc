package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.UInt32Value;
import dev.warmpath.config.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.data.accesslog.v3.AccessLogCommon;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPAccessLogEntry;
import io.envoyproxy.envoy.data.accesslog.v3.HTTPResponseProperties;
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

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1:8001", "[fd00::1]:8001", "[::1]:80"})
  void address_ofAnUpstream_isWrittenAsInTheConfiguration(String configured) {
    var ip = (Address.Ip) Address.parse(configured);

    assertThat(AccessLog.address(socket(ip.ip(), ip.port()))).isEqualTo(configured);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "engine-1", "fd00::1%eth0"})
  void address_noIpLiteral_isUnknown(String address) {
    assertThat(AccessLog.address(socket(address, 8001))).isEmpty();
  }

  private static SocketAddress socket(String address, int port) {
    return SocketAddress.newBuilder().setAddress(address).setPortValue(port).build();
  }

  @Test
  void status_clientLeftBeforeTheFirstByte_isUnknown() {
    assertThat(AccessLog.status(entry(200, 0, flags("downstream_connection_termination"))))
        .isZero();
  }

  @Test
  void status_anyOtherEnd_isThatOfTheResponse() {
    ResponseFlags clientLeft = flags("downstream_connection_termination");
    ResponseFlags none = ResponseFlags.getDefaultInstance();

    assertThat(AccessLog.status(entry(200, 1, clientLeft))).isEqualTo(200);
    assertThat(AccessLog.status(entry(503, 0, clientLeft))).isEqualTo(503);
    assertThat(AccessLog.status(entry(204, 0, none))).isEqualTo(204);
  }

  private static HTTPAccessLogEntry entry(int status, long bodyBytes, ResponseFlags flags) {
    return HTTPAccessLogEntry.newBuilder()
        .setCommonProperties(AccessLogCommon.newBuilder().setResponseFlags(flags))
        .setResponse(
            HTTPResponseProperties.newBuilder()
                .setResponseCode(UInt32Value.of(status))
                .setResponseBodyBytes(bodyBytes))
        .build();
  }
}
