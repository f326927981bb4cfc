package dev.warmpath.extproc.server;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.warmpath.extproc.fleet.LedgerMessages;
import dev.warmpath.extproc.ledger.LedgerRow;
import dev.warmpath.fleet.v1.LedgerDelta;
import java.util.List;

/**
 * The ledger's sums as JSON: {@code {"rows": […]}}, rows as {@code warmpath.fleet.v1.LedgerRow}.
 */
final class LedgerJson {

  private LedgerJson() {}

  static String of(List<LedgerRow> rows) {
    LedgerDelta.Builder message = LedgerDelta.newBuilder();
    rows.forEach(row -> message.addRows(LedgerMessages.row(row)));
    try {
      return JsonFormat.printer()
              .preservingProtoFieldNames()
              .alwaysPrintFieldsWithNoPresence()
              .print(message)
          + '\n';
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a message of ours has no JSON form", e);
    }
  }
}
