// Builders of expressions: just those that a batch's query needs.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Expression, ExpressionSchema } from "../gen/spark-connect.ts";

/** A column of the input by its name. Names with dots or blanks need backticks, as in SQL. */
export function column(name: string): Expression {
  return expression({ case: "unresolvedAttribute", value: { unparsedIdentifier: name } });
}

/** A 32-bit integer. */
export function literal(value: number): Expression {
  return expression({ case: "literal", value: { literalType: { case: "integer", value } } });
}

/** SQL text, parsed by the server: "cast(p as int)". */
export function sqlExpression(text: string): Expression {
  return expression({ case: "expressionString", value: { expression: text } });
}

export function alias(child: Expression, name: string): Expression {
  return expression({ case: "alias", value: { expr: child, name: [name] } });
}

/** For repartitioning: the number of the very partition the row goes to, an int that is not null. */
export function directPartitionId(child: Expression): Expression {
  return expression({ case: "directShufflePartitionId", value: { child } });
}

function expression(exprType: MessageInitShape<typeof ExpressionSchema>["exprType"]): Expression {
  return create(ExpressionSchema, { exprType } as MessageInitShape<typeof ExpressionSchema>);
}
