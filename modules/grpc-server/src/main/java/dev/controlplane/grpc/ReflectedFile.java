package dev.controlplane.grpc;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.rpc.ErrorDetailsProto;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoFileDescriptorSupplier;
import java.util.ArrayList;
import java.util.List;

/**
 * The descriptor of a proto file for reflection, with two additions to the generated one. The JSON
 * names of fields, which protoc omits from Java code, let grpcurl print {@code workerName} as
 * protobuf's JSON spells it. The messages of error details let grpcurl print those.
 */
final class ReflectedFile implements ProtoFileDescriptorSupplier {
  private final FileDescriptor file;

  private ReflectedFile(FileDescriptor file) {
    this.file = file;
  }

  @Override
  public FileDescriptor getFileDescriptor() {
    return file;
  }

  /** Returns a copy of a service for reflection to describe. Nobody calls it. */
  static ServerServiceDefinition describing(ServerServiceDefinition service) {
    ServiceDescriptor known = service.getServiceDescriptor();
    if (!(known.getSchemaDescriptor() instanceof ProtoFileDescriptorSupplier supplier)) {
      return service;
    }
    ServiceDescriptor.Builder described =
        ServiceDescriptor.newBuilder(known.getName())
            .setSchemaDescriptor(new ReflectedFile(complete(supplier.getFileDescriptor())));
    known.getMethods().forEach(described::addMethod);
    ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(described.build());
    for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
      definition.addMethod(method);
    }
    return definition.build();
  }

  private static FileDescriptor complete(FileDescriptor generated) {
    FileDescriptorProto.Builder proto = generated.toProto().toBuilder();
    for (int i = 0; i < proto.getMessageTypeCount(); i++) {
      nameFields(proto.getMessageTypeBuilder(i), generated.getMessageTypes().get(i));
    }
    FileDescriptor details = ErrorDetailsProto.getDescriptor();
    List<FileDescriptor> dependencies = new ArrayList<>(generated.getDependencies());
    proto.addDependency(details.getName());
    dependencies.add(details);
    try {
      return FileDescriptor.buildFrom(proto.build(), dependencies.toArray(FileDescriptor[]::new));
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException(generated.getName() + " can't be described", e);
    }
  }

  private static void nameFields(DescriptorProto.Builder message, Descriptor generated) {
    for (int i = 0; i < message.getFieldCount(); i++) {
      FieldDescriptorProto.Builder field = message.getFieldBuilder(i);
      field.setJsonName(generated.getFields().get(i).getJsonName());
    }
    for (int i = 0; i < message.getNestedTypeCount(); i++) {
      nameFields(message.getNestedTypeBuilder(i), generated.getNestedTypes().get(i));
    }
  }
}
