package dev.warmpath.controlplane.snapshot;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.UnknownFieldSet;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Protobuf as snapshots need it: equal content is always equal bytes, map fields included. */
final class Messages {
  private Messages() {}

  /** Any of a message, its map fields in the order of their keys. */
  static Any any(Message message) {
    return Any.newBuilder()
        .setTypeUrl("type.googleapis.com/" + message.getDescriptorForType().getFullName())
        .setValue(bytes(message))
        .build();
  }

  static TypedExtensionConfig extension(String name, Message config) {
    return TypedExtensionConfig.newBuilder().setName(name).setTypedConfig(any(config)).build();
  }

  /**
   * One more field for a message, which the library's version of the xDS API does not know yet. To
   * Envoy it looks like any other field.
   */
  static UnknownFieldSet field(int number, Message value) {
    return field(number, bytes(value));
  }

  /** As above, for a message that the library does not know at all. */
  static UnknownFieldSet field(int number, UnknownFieldSet value) {
    return field(number, value.toByteString());
  }

  private static UnknownFieldSet field(int number, ByteString value) {
    return UnknownFieldSet.newBuilder()
        .addField(number, UnknownFieldSet.Field.newBuilder().addLengthDelimited(value).build())
        .build();
  }

  static ByteString bytes(Message message) {
    var out = new ByteArrayOutputStream(message.getSerializedSize());
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    coded.useDeterministicSerialization();
    try {
      message.writeTo(coded);
      coded.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return ByteString.copyFrom(out.toByteArray());
  }

  static Duration millis(long millis) {
    return Duration.newBuilder()
        .setSeconds(Math.floorDiv(millis, 1000))
        .setNanos((int) Math.floorMod(millis, 1000L) * 1_000_000)
        .build();
  }

  static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }

  static UInt32Value uint32(int value) {
    return UInt32Value.of(value);
  }

  static UInt64Value uint64(long value) {
    return UInt64Value.of(value);
  }

  static BoolValue bool(boolean value) {
    return BoolValue.of(value);
  }
}
