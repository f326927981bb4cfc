package dev.warmpath.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.warmpath.fleet.v1.LedgerRow;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdminJsonTest {

  /** Once what was planned was missing, the forecast's main figure. */
  @Test
  void ledger_everyNumberOfARow_isShown() throws IOException {
    LedgerRow.Builder row = LedgerRow.newBuilder();
    StringBuilder expected = new StringBuilder();
    fill(row, expected);

    var text = new StringWriter();
    try (var json = new JsonFactory().createGenerator(text)) {
      AdminJson.ledger(List.of(row.build()), json);
    }

    assertThat(text.toString()).contains(expected.toString().split("\n"));
  }

  /** Each number is its field's, so that no two fields can be taken for each other. */
  private static void fill(Message.Builder row, StringBuilder expected) {
    for (FieldDescriptor field : row.getDescriptorForType().getFields()) {
      switch (field.getJavaType()) {
        case LONG -> {
          long value =
              1000L * row.getDescriptorForType().getFullName().length() + field.getNumber();
          row.setField(field, value);
          expected.append("\"%s\":%d%n".formatted(field.getName(), value));
        }
        case MESSAGE -> fill(row.getFieldBuilder(field), expected);
        case STRING -> row.setField(field, field.getName());
        case INT, DOUBLE, FLOAT, BOOLEAN, BYTE_STRING, ENUM ->
            throw new IllegalStateException(field + " (expected: a case of its own here)");
      }
    }
  }
}
