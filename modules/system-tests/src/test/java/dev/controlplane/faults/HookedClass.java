package dev.controlplane.faults;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.Collection;
import java.util.Optional;

/** Makes methods of a class call the agent where they begin and where they return. */
final class HookedClass {
  private static final ClassDesc AGENT = FaultAgent.class.describeConstable().orElseThrow();
  private static final ClassDesc ARRAY = ConstantDescs.CD_Object.arrayType();
  private static final MethodTypeDesc ENTERED =
      MethodTypeDesc.of(
          ConstantDescs.CD_boolean, ConstantDescs.CD_String, ConstantDescs.CD_Object, ARRAY);
  private static final MethodTypeDesc LEFT =
      MethodTypeDesc.of(
          ConstantDescs.CD_Object,
          ConstantDescs.CD_String,
          ConstantDescs.CD_Object,
          ARRAY,
          ConstantDescs.CD_Object);

  private final ClassFile classFile;
  private final Collection<Hook> hooks;

  HookedClass(ClassLoader loader, Collection<Hook> hooks) {
    this.classFile =
        ClassFile.of(
            ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofResourceParsing(loader)
                    .orElse(ClassHierarchyResolver.defaultResolver())));
    this.hooks = hooks;
  }

  /** The class with its hooked methods changed; fails if it has none of a hook. */
  byte[] rewritten(String internalName, byte[] bytes) {
    ClassModel model = classFile.parse(bytes);
    for (Hook hook : hooks) {
      if (hook.isIn(internalName)
          && model.methods().stream().noneMatch(method -> hooks(hook, method))) {
        throw new IllegalStateException("there is no " + hook + " any more: mend class Hook");
      }
    }
    return classFile.transformClass(
        model,
        (builder, element) -> {
          Optional<Hook> hook =
              element instanceof MethodModel method
                  ? hooks.stream()
                      .filter(one -> one.isIn(internalName) && hooks(one, method))
                      .findFirst()
                  : Optional.empty();
          if (hook.isPresent()) {
            MethodModel method = (MethodModel) element;
            builder.transformMethod(
                method, MethodTransform.transformingCode(new Calls(hook.get(), method)));
          } else {
            builder.with(element);
          }
        });
  }

  private static boolean hooks(Hook hook, MethodModel method) {
    return method.methodName().equalsString(hook.method())
        && method.code().isPresent()
        && !method.flags().has(AccessFlag.BRIDGE);
  }

  /** The calls in one method. */
  private static final class Calls implements CodeTransform {
    private final Hook hook;
    private final MethodTypeDesc type;
    private final boolean isStatic;
    private int arguments;

    Calls(Hook hook, MethodModel method) {
      this.hook = hook;
      this.type = method.methodTypeSymbol();
      this.isStatic = method.flags().has(AccessFlag.STATIC);
    }

    @Override
    public void atStart(CodeBuilder code) {
      arguments = code.allocateLocal(TypeKind.REFERENCE);
      fill(code);
      begin(code).invokestatic(AGENT, "entered", ENTERED);
      int skipped = code.allocateLocal(TypeKind.INT);
      code.istore(skipped);
      for (int i = 0; i < type.parameterCount(); i++) {
        code.aload(arguments).loadConstant(i).aaload();
        unbox(code, type.parameterType(i));
        code.storeLocal(TypeKind.from(type.parameterType(i)), code.parameterSlot(i));
      }
      Label body = code.newLabel();
      code.iload(skipped).ifeq(body);
      zero(code, TypeKind.from(type.returnType()));
      code.return_(TypeKind.from(type.returnType())).labelBinding(body);
    }

    @Override
    public void accept(CodeBuilder code, CodeElement element) {
      if (element instanceof ReturnInstruction) {
        TypeKind kind = TypeKind.from(type.returnType());
        if (kind == TypeKind.VOID) {
          code.aconst_null();
        } else {
          box(code, type.returnType());
        }
        int value = code.allocateLocal(TypeKind.REFERENCE);
        code.astore(value);
        fill(code);
        begin(code).aload(value).invokestatic(AGENT, "left", LEFT);
        if (kind == TypeKind.VOID) {
          code.pop();
        } else {
          unbox(code, type.returnType());
        }
      }
      code.with(element);
    }

    /** Puts the arguments as they are into the array. */
    private void fill(CodeBuilder code) {
      code.loadConstant(type.parameterCount()).anewarray(ConstantDescs.CD_Object);
      for (int i = 0; i < type.parameterCount(); i++) {
        ClassDesc parameter = type.parameterType(i);
        code.dup().loadConstant(i).loadLocal(TypeKind.from(parameter), code.parameterSlot(i));
        box(code, parameter);
        code.aastore();
      }
      code.astore(arguments);
    }

    private CodeBuilder begin(CodeBuilder code) {
      code.loadConstant(hook.toString());
      if (isStatic) {
        code.aconst_null();
      } else {
        code.aload(0);
      }
      return code.aload(arguments);
    }

    private static void zero(CodeBuilder code, TypeKind kind) {
      switch (kind) {
        case VOID -> {}
        case LONG -> code.lconst_0();
        case FLOAT -> code.fconst_0();
        case DOUBLE -> code.dconst_0();
        case REFERENCE -> code.aconst_null();
        default -> code.iconst_0();
      }
    }

    private static void box(CodeBuilder code, ClassDesc type) {
      if (type.isPrimitive()) {
        ClassDesc box = boxOf(type);
        code.invokestatic(box, "valueOf", MethodTypeDesc.of(box, type));
      }
    }

    private static void unbox(CodeBuilder code, ClassDesc type) {
      if (type.isPrimitive()) {
        code.checkcast(boxOf(type))
            .invokevirtual(boxOf(type), type.displayName() + "Value", MethodTypeDesc.of(type));
      } else {
        code.checkcast(type);
      }
    }

    private static ClassDesc boxOf(ClassDesc type) {
      return switch (type.displayName()) {
        case "boolean" -> ConstantDescs.CD_Boolean;
        case "byte" -> ConstantDescs.CD_Byte;
        case "char" -> ConstantDescs.CD_Character;
        case "short" -> ConstantDescs.CD_Short;
        case "int" -> ConstantDescs.CD_Integer;
        case "long" -> ConstantDescs.CD_Long;
        case "float" -> ConstantDescs.CD_Float;
        case "double" -> ConstantDescs.CD_Double;
        default -> throw new IllegalArgumentException(type.displayName());
      };
    }
  }
}
