package dev.warmpath.extproc.exchange;

import com.google.protobuf.ByteString;
import dev.warmpath.extproc.prefix.Scope;
import dev.warmpath.extproc.prompt.Dialect;

/**
 * What is known of a request before it is decided about, beside the prompt in it.
 *
 * @param dialect of its body
 * @param tenant who sent it; empty: nobody in particular
 * @param scope whose cache it meets, with the model that body or path names
 * @param body of it; repaired, where the route's repairs changed it
 * @param repaired whether {@code body} is another than the client's
 * @param bytesPerToken estimate for the scope
 */
record Request(
    RequestHead head,
    RouteEntry route,
    Dialect dialect,
    String tenant,
    Scope scope,
    ByteString body,
    boolean repaired,
    double bytesPerToken) {

  String model() {
    return scope.model();
  }
}
