# SPDX-License-Identifier: Apache-2.0
"""queries - random tables, changes and queries that leat and PostgreSQL must answer alike.

A query is text in both dialects: they differ only where a window is assigned. It never depends on
what is not determined: orders are total, doubles are left out, divisors are not zero.
"""
from dataclasses import dataclass

TYPES = {"int": "integer", "big": "bigint", "num": "numeric(10,2)", "text": "text", "bool": "boolean",
         "time": "timestamp"}
DELAY = "20 seconds"  # of the watermark behind the latest row
WORDS = ["a", "b", "ab", "Abc", "", "x y", "zz"]
DEPTH_MAX = 3


@dataclass
class Column:
    name: str
    type: str  # a key of TYPES; "dec" is numeric without a scale
    is_unique: bool = False


@dataclass
class Relation:
    """Something that can stand in FROM: its text for leat, for PostgreSQL, and its columns."""
    leat: str
    postgres: str
    columns: list
    is_window: bool = False  # window_start and window_end are its last columns


@dataclass
class Text:
    """A piece of a query in both dialects."""
    leat: str
    postgres: str

    @staticmethod
    def of(text):
        return Text(text, text)


class Generator:
    """Draws one case. `features` counts what it is made of."""

    def __init__(self, random):
        self.random = random
        self.names = 0
        self.tables = {}
        self.features = set()
        self.has_changes = random.random() < 0.5
        self.is_disordered = not self.has_changes and random.random() < 0.2

    # --- Small draws ---

    def chance(self, p):
        return self.random.random() < p

    def pick(self, items):
        return self.random.choice(items)

    def name(self, stem):
        self.names += 1
        return f"{stem}{self.names}"

    # --- Tables and what happens to them ---

    def make_tables(self):
        for name in ["t", "u", "w"][:self.random.randint(1, 3)]:
            columns = [Column("id", "int", True), Column("k", "int")]
            for stem, kind in [("g", "text"), ("v", "int"), ("n", "big"), ("d", "num"), ("f", "bool")]:
                if self.chance(0.6):
                    columns.append(Column(stem, kind))
            columns.append(Column("ts", "time"))
            self.tables[name] = columns

    def value(self, kind):
        if self.chance(0.15):
            return None
        if kind == "int":
            return self.random.randint(-3, 9)
        if kind == "big":
            return self.random.randint(-10**10, 10**10)
        if kind == "num":
            return f"{self.random.randint(-500, 5000) / 100:.2f}"
        if kind == "text":
            return self.pick(WORDS)
        return self.chance(0.5)

    def row(self, name, number, seconds):
        row = {}
        for column in self.tables[name]:
            if column.name == "id":
                row["id"] = number
            elif column.name == "k":
                row["k"] = None if self.chance(0.1) else self.random.randint(0, 4)
            elif column.name == "ts":
                row["ts"] = f"2024-05-01 10:{seconds // 60:02d}:{seconds % 60:02d}"
            else:
                row[column.name] = self.value(column.type)
        return row

    def make_operations(self):
        """Inserts in time order, or nearly; with changes some rows are updated or deleted on the way."""
        operations, live, seconds = [], [], 0
        for number in range(self.random.randint(0, 40)):
            name = self.pick(list(self.tables))
            row = self.row(name, number, seconds)
            seconds = max(0, seconds + self.random.randint(*((-60, 70) if self.is_disordered else (0, 40))))
            operations.append({"t": name, "op": "+I", "batch": len(operations), "row": row})
            live.append((name, row))
            if self.has_changes and self.chance(0.35):
                name, old = live.pop(self.random.randrange(len(live)))
                batch = len(operations)
                operations.append({"t": name, "op": "-D", "batch": batch, "row": old})
                if self.chance(0.6):
                    new = {**self.row(name, old["id"], 0), "ts": old["ts"]}
                    operations.append({"t": name, "op": "+I", "batch": batch, "row": new})
                    live.append((name, new))
        return operations

    # --- Expressions over the columns in scope: (text, Column) pairs ---

    def column_of(self, scope, kinds):
        fitting = [text for text, column in scope if column.type in kinds]
        return self.pick(fitting) if fitting else None

    def integer(self, scope, depth=0):
        column = self.column_of(scope, ("int",))
        if column is None or self.chance(0.15):
            return str(self.random.randint(-3, 12))
        if depth >= 2 or self.chance(0.5):
            return column
        a, b = self.integer(scope, depth + 1), self.integer(scope, depth + 1)
        text = self.text(scope, depth + 1)
        return self.pick([
            f"({a} + {b})", f"({a} - {b})", f"{a} * 2", f"abs({a})", f"coalesce({a}, {b})", f"nullif({a}, {b})",
            f"greatest({a}, {b})", f"least({a}, {b})", f"mod({a}, 7)", f"length({text})", f"({a} / 3)", f"(- {a})",
            f"CASE WHEN {self.boolean(scope, depth + 1)} THEN {a} ELSE {b} END", f"position('b' IN {text})",
            f"ascii({text})", f"sign({a})::int", f"strpos({text}, 'b')", f"octet_length({text})", f"({a} & 6)",
            f"({a} | 1)", f"CAST(extract(minute FROM {self.moment(scope)}) AS int)", f"({a} % 5)",
            f"CAST(date_part('second', {self.moment(scope)}) AS int)", f"num_nulls({a}, {b})",
            f"CASE {a} WHEN 1 THEN 10 WHEN 2 THEN {b} END"])

    def text(self, scope, depth=0):
        column = self.column_of(scope, ("text",))
        if column is None or self.chance(0.15):
            return f"'{self.pick(WORDS)}'"
        if depth >= 2 or self.chance(0.5):
            return column
        a, b = self.text(scope, depth + 1), self.text(scope, depth + 1)
        i = self.integer(scope, depth + 1)
        return self.pick([
            f"upper({a})", f"lower({a})", f"({a} || {b})", f"substring({a}, 1, 2)", f"coalesce({a}, {b})",
            f"CAST({i} AS text)", f"replace({a}, 'b', 'c')", f"concat({a}, {b})", f"left({a}, 1)", f"reverse({a})",
            f"trim({a})", f"lpad({a}, 4, '.')", f"rpad({a}, 3, 'xy')", f"right({a}, 2)", f"initcap({a})",
            f"split_part({a}, 'b', 1)", f"repeat({a}, 2)", f"translate({a}, 'ab', 'x')", f"md5({a})",
            f"concat_ws('-', {a}, {b})",
            f"substring({a} FROM 2)", f"overlay({a} PLACING 'Q' FROM 1 FOR 1)",
            f"regexp_replace({a}, '[ab]+', '<>')",
            f"ltrim({a}, 'a')", f"btrim({a}, 'ab')", f"to_char({self.moment(scope)}, 'YYYY-MM-DD HH24:MI:SS')",
            f"({i})::text",
            f"to_hex({i})", f"CASE WHEN {a} IN ('a', 'b') THEN 'in' ELSE {b} END", f"greatest({a}, {b})",
            f"nullif({a}, 'b')",
            f"CASE WHEN {self.boolean(scope, depth + 1)} THEN {a} WHEN {self.boolean(scope, depth + 1)} THEN {b} END"])

    def number(self, scope, depth=0):
        column = self.column_of(scope, ("num", "dec"))
        if column is None:
            return f"CAST({self.integer(scope, depth)} AS numeric(10,2))"
        if depth >= 1 or self.chance(0.5):
            return column
        a, b = self.number(scope, depth + 1), self.number(scope, depth + 1)
        return self.pick([f"({a} + {b})", f"({a} - {b})", f"{a} * 1.5", f"round({a}, 1)", f"abs({a})",
                          f"coalesce({a}, {b})", f"floor({a})", f"ceil({a})", f"trunc({a}, 1)", f"round({a})",
                          f"{a} / 4", f"sign({a})", f"greatest({a}, {b})",
                          f"CAST({self.integer(scope, 2)} AS numeric) / 7",
                          f"mod({a}, 3)", f"extract(epoch FROM {self.moment(scope)})"])

    def moment(self, scope):
        column = self.column_of(scope, ("time",))
        if column is None:
            return "TIMESTAMP '2024-05-01 10:00:30'"
        return self.pick([column, column, f"date_trunc('minute', {column})", f"{column} + INTERVAL '90 seconds'",
                          f"date_trunc('hour', {column})", f"{column} - INTERVAL '1 day 2 hours'",
                          f"{column} + INTERVAL '1 month'"])

    def boolean(self, scope, depth=0):
        column = self.column_of(scope, ("bool",))
        if column is not None and self.chance(0.15):
            return column
        compare = self.pick(["=", "<>", "<", "<=", ">", ">="])
        if depth < 2 and self.chance(0.3):
            a, b = self.boolean(scope, depth + 1), self.boolean(scope, depth + 1)
            return self.pick([f"({a} AND {b})", f"({a} OR {b})", f"NOT ({a})"])
        i, j = self.integer(scope, depth + 1), self.integer(scope, 2)
        text, number = self.text(scope, depth + 1), self.number(scope, 1)
        return self.pick([
            f"{i} {compare} {j}", f"{text} {compare} {self.text(scope, 2)}", f"{i} IS NULL", f"{text} IS NOT NULL",
            f"{i} BETWEEN 0 AND 5", f"{i} IN (1, 2, 5)", f"{text} LIKE '%b%'", f"{i} IS DISTINCT FROM {j}",
            f"{number} {compare} {self.number(scope, 1)}",
            f"{self.moment(scope)} {compare} TIMESTAMP '2024-05-01 10:03:00'", f"{text} NOT IN ('a', 'zz')",
            f"{text} ~ '^[a-b]'", f"{text} ILIKE 'A%'", f"starts_with({text}, 'a')", f"({i}, {j}) = (1, 2)",
            f"({i} IS NULL) = ({j} IS NULL)", f"({i} = {j}) IS TRUE", f"({i} < {j}) IS NOT FALSE",
            f"({i} > {j}) IS UNKNOWN",
            f"{i} NOT BETWEEN {j} AND 9", f"{text} SIMILAR TO 'a%'"])

    def expression(self, scope, kind):
        if kind == "int":
            return self.integer(scope)
        if kind == "text":
            return self.text(scope)
        if kind in ("num", "dec"):
            return self.number(scope)
        if kind == "time":
            return self.moment(scope)
        if kind == "bool":
            return f"({self.boolean(scope)})"
        return self.column_of(scope, ("big",)) or f"CAST({self.integer(scope)} AS bigint)"

    # --- Relations ---

    def scope_of(self, alias, relation):
        return [(f"{alias}.{column.name}", column) for column in relation.columns]

    def table(self):
        name = self.pick(list(self.tables))
        return Relation(name, name, self.tables[name])

    def source(self, depth):
        """A table, or a query in brackets."""
        if depth >= DEPTH_MAX or self.chance(0.55):
            return self.table()
        query = self.query(depth + 1)
        return Relation(f"({query.leat})", f"({query.postgres})", query.columns)

    def rows_of(self, relation, alias):
        return Text(f"{relation.leat} AS {alias}", f"{relation.postgres} AS {alias}")

    def select_list(self, scope, wanted):
        """Columns under new names: (text of the list, columns)."""
        items, columns = [], []
        for _ in range(wanted):
            if self.chance(0.6):
                text, column = self.pick(scope)
                kind, unique = column.type, column.is_unique
            else:
                kind, unique = self.pick(["int", "text", "num", "bool", "time"]), False
                text = self.expression(scope, kind)
                kind = "dec" if kind == "num" else kind
            name = self.name("c")
            items.append(f"{text} AS {name}")
            columns.append(Column(name, kind, unique))
        return ", ".join(items), columns

    def where(self, scope, p=0.4):
        return f" WHERE {self.boolean(scope)}" if self.chance(p) else ""

    def done(self, text, columns):
        return Relation(text.leat, text.postgres, columns)

    def query_project(self, depth):
        source, alias = self.source(depth), self.name("q")
        scope = self.scope_of(alias, source)
        items, columns = self.select_list(scope, self.random.randint(1, 4))
        rows, where = self.rows_of(source, alias), self.where(scope)
        distinct = "DISTINCT " if self.chance(0.2) else ""
        if distinct:
            self.features.add("distinct")
            columns = [Column(column.name, column.type) for column in columns]
        return self.done(Text(f"SELECT {distinct}{items} FROM {rows.leat}{where}",
                              f"SELECT {distinct}{items} FROM {rows.postgres}{where}"), columns)

    def aggregate(self, scope):
        """(text, type) of one aggregate call."""
        i, text, number = self.integer(scope, 1), self.text(scope, 1), self.number(scope, 1)
        distinct = "DISTINCT " if self.chance(0.2) else ""
        call, kind = self.pick([
            ("count(*)", "big"), (f"count({distinct}{i})", "big"), (f"sum({distinct}{i})", "big"),
            (f"min({i})", "int"), (f"max({i})", "int"), (f"avg({distinct}{i})", "dec"), (f"sum({number})", "dec"),
            (f"min({text})", "text"), (f"max({text})", "text"), (f"max({number})", "dec"),
            (f"min({self.moment(scope)})", "time"), (f"bool_and({self.boolean(scope, 2)})", "bool"),
            (f"bool_or({self.boolean(scope, 2)})", "bool"),
            (f"string_agg({text}, ',' ORDER BY {text})", "text"), (f"string_agg(DISTINCT {text}, '; ')", "text"),
            (f"bit_or({i})", "int"), (f"bit_and({i})", "int"), (f"bit_xor({distinct}{i})", "int"),
            (f"stddev_pop({distinct}{i})", "dec"), (f"var_samp({number})", "dec"),
            (f"CAST(array_agg({i} ORDER BY {i} DESC, {text}) AS text)", "text"),
            (f"CAST(array_agg(DISTINCT {text}) AS text)", "text"),
            (f"percentile_disc({self.random.randint(0, 4) / 4}) WITHIN GROUP (ORDER BY {text} DESC)", "text"),
            (f"round(CAST(percentile_cont({self.random.randint(0, 4) / 4}) WITHIN GROUP (ORDER BY {i}) AS numeric), 6)",
             "dec"),
            (f"mode() WITHIN GROUP (ORDER BY {i})", "int")])
        self.features.add(call.split("(")[0] + (" distinct" if distinct and "DISTINCT" in call else ""))
        if self.chance(0.2) and not call.startswith(("CAST", "round")):
            call += f" FILTER (WHERE {self.boolean(scope, 2)})"
            self.features.add("filter")
        return call, kind

    def query_group(self, depth):
        source, alias = self.source(depth), self.name("q")
        scope = self.scope_of(alias, source)
        keys, items, columns = [], [], []
        for _ in range(self.random.randint(0, 2)):
            kind = self.pick(["column", "column", "int", "text"])
            text = self.pick(scope)[0] if kind == "column" else self.expression(scope, kind)
            found = [column for name, column in scope if name == text]
            if not found and text.lstrip("-").replace("'", "").isalnum():
                continue  # a constant in GROUP BY is a position, or refused
            keys.append(text)
            name = self.name("c")
            items.append(f"{text} AS {name}")
            columns.append(Column(name, found[0].type if found else kind))
        if len(columns) == 1:
            columns[0].is_unique = True
        for _ in range(self.random.randint(1, 3)):
            call, kind = self.aggregate(scope)
            name = self.name("c")
            items.append(f"{call} AS {name}")
            columns.append(Column(name, kind))
        group = ""
        if keys:
            group = " GROUP BY " + ", ".join(keys)
            if len(keys) == 2 and keys[0] != keys[1] and self.chance(0.15):
                self.features.add("grouping sets")
                group = " GROUP BY " + self.pick(["ROLLUP", "CUBE"]) + f" ({', '.join(keys)})"
        having = f" HAVING {self.aggregate(scope)[0]} IS NOT NULL" if self.chance(0.15) else ""
        if self.chance(0.1):
            having = " HAVING count(*) > 1"
        rows, where = self.rows_of(source, alias), self.where(scope, 0.25)
        self.features.add("group" if keys else "global")
        return self.done(Text(f"SELECT {', '.join(items)} FROM {rows.leat}{where}{group}{having}",
                              f"SELECT {', '.join(items)} FROM {rows.postgres}{where}{group}{having}"), columns)

    def equal_pair(self, left, right):
        pairs = [(a, b) for a, x in left for b, y in right if x.type == y.type and x.type in ("int", "text", "big")]
        return self.pick(pairs) if pairs else None

    def query_join(self, depth):
        left, right = self.source(depth), self.source(depth)
        a, b = self.name("q"), self.name("q")
        left_scope, right_scope = self.scope_of(a, left), self.scope_of(b, right)
        pair = self.equal_pair(left_scope, right_scope)
        if pair is None:
            return self.query_project(depth)
        kind = self.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        self.features.add(kind.lower())
        both = left_scope + right_scope
        on = f"{pair[0]} = {pair[1]}"
        if kind != "FULL JOIN" and self.chance(0.3):
            on += f" AND {self.boolean(both, 1)}"
        items, columns = self.select_list(both, self.random.randint(2, 5))
        columns = [Column(column.name, column.type) for column in columns]
        first, second, where = self.rows_of(left, a), self.rows_of(right, b), self.where(both, 0.25)
        return self.done(Text(f"SELECT {items} FROM {first.leat} {kind} {second.leat} ON {on}{where}",
                              f"SELECT {items} FROM {first.postgres} {kind} {second.postgres} ON {on}{where}"),
                         columns)

    def query_subquery(self, depth):
        outer, inner = self.source(depth), self.source(depth + 1)
        a, b = self.name("q"), self.name("q")
        outer_scope, inner_scope = self.scope_of(a, outer), self.scope_of(b, inner)
        pair = self.equal_pair(outer_scope, inner_scope)
        if pair is None:
            return self.query_project(depth)
        items, columns = self.select_list(outer_scope, self.random.randint(1, 3))
        first, second = self.rows_of(outer, a), self.rows_of(inner, b)
        form = self.pick(["in", "not in", "exists", "not exists", "scalar", "compare"])
        self.features.add(form)
        more = f" AND {self.boolean(inner_scope, 1)}" if self.chance(0.4) else ""
        total = self.pick(["max", "min", "count", "sum"])
        forms = {
            "in": f"{pair[0]} IN (SELECT {pair[1]} FROM {{0}} WHERE {pair[1]} IS NOT NULL{more})",
            "not in": f"{pair[0]} NOT IN (SELECT {pair[1]} FROM {{0}} WHERE {pair[1]} IS NOT NULL{more})",
            "exists": f"EXISTS (SELECT 1 FROM {{0}} WHERE {pair[0]} = {pair[1]}{more})",
            "not exists": f"NOT EXISTS (SELECT 1 FROM {{0}} WHERE {pair[0]} = {pair[1]}{more})",
            "compare": f"{self.integer(outer_scope, 1)} <= (SELECT {total}({self.integer(inner_scope, 1)}) FROM {{0}})",
        }
        if form == "scalar":
            call = f"(SELECT {total}({self.integer(inner_scope, 1)}) FROM {{0}} WHERE {pair[0]} = {pair[1]}{more})"
            name = self.name("c")
            items += f", {call} AS {name}"
            columns.append(Column(name, "big" if total in ("count", "sum") else "int"))
            query = f"SELECT {items} FROM {{1}}"
        else:
            query = f"SELECT {items} FROM {{1}} WHERE {forms[form]}"
        return self.done(Text(query.format(second.leat, first.leat), query.format(second.postgres, first.postgres)),
                         columns)

    def query_over(self, depth):
        table = self.table()
        alias = self.name("q")
        scope = self.scope_of(alias, table)
        partition = f"PARTITION BY {self.pick(scope[1:])[0]} " if self.chance(0.8) else ""
        order = f"ORDER BY {self.pick(scope[1:])[0]}{self.pick(['', ' DESC', ' NULLS FIRST'])}, {alias}.id"
        call, kind = self.pick([
            ("row_number()", "big"), ("rank()", "big"), ("dense_rank()", "big"), ("count(*)", "big"),
            (f"sum({self.integer(scope, 1)})", "big"), (f"min({self.integer(scope, 1)})", "int"),
            (f"max({self.text(scope, 1)})", "text"), (f"avg({self.integer(scope, 1)})", "dec"),
            (f"lag({self.integer(scope, 2)})", "int"), (f"lead({self.text(scope, 2)}, 2)", "text"),
            (f"first_value({self.integer(scope, 1)})", "int"), (f"last_value({self.integer(scope, 1)})", "int"),
            ("ntile(3)", "int")])
        frame = ""
        if call.split("(")[0] in ("sum", "count", "min", "max", "avg", "first_value", "last_value"):
            frame = self.pick(["", "", " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
                               " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                               " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING", " ROWS 3 PRECEDING"])
        self.features.add(f"over {call.split('(')[0]}{frame.lower()}")
        name = self.name("c")
        items, columns = self.select_list(scope, self.random.randint(1, 3))
        query = f"SELECT {items}, {call} OVER ({partition}{order}{frame}) AS {name} FROM {table.leat} AS {alias}"
        return self.done(Text.of(query + self.where(scope, 0.2)), [*columns, Column(name, kind)])

    def query_top(self, depth):
        table, alias, outer = self.table(), self.name("q"), self.name("q")
        scope = self.scope_of(alias, table)
        function = self.pick(["row_number", "rank", "dense_rank"])
        partition = f"PARTITION BY {self.pick(scope[1:])[0]} " if self.chance(0.8) else ""
        order = f"{self.pick(scope[1:])[0]}{self.pick(['', ' DESC'])}"
        order += f", {alias}.id" if function == "row_number" else ""
        items, columns = self.select_list(scope, self.random.randint(1, 3))
        limit = self.pick(["= 1", "<= 1", "<= 3", "< 3", "<= 2"])
        self.features.add(f"top {function}")
        inner = f"SELECT {items}, {function}() OVER ({partition}ORDER BY {order}) AS r FROM {table.leat} AS {alias}"
        kept = ", ".join(f"{outer}.{column.name}" for column in columns) + (f", {outer}.r" if self.chance(0.5) else "")
        columns = columns + ([Column("r", "big")] if kept.endswith(".r") else [])
        return self.done(Text.of(f"SELECT {kept} FROM ({inner}) AS {outer} WHERE {outer}.r {limit}"), columns)

    def query_set(self, depth):
        kinds = [self.pick(["int", "text", "bool"]) for _ in range(self.random.randint(1, 2))]
        names = [self.name("c") for _ in kinds]
        sides = []
        for _ in range(2):
            source, alias = self.source(depth + 1), self.name("q")
            scope = self.scope_of(alias, source)
            items = ", ".join(f"{self.expression(scope, kind)} AS {name}" for kind, name in zip(kinds, names))
            rows, where = self.rows_of(source, alias), self.where(scope)
            sides.append(Text(f"SELECT {items} FROM {rows.leat}{where}", f"SELECT {items} FROM {rows.postgres}{where}"))
        word = self.pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"])
        self.features.add(word.lower())
        columns = [Column(name, kind) for name, kind in zip(names, kinds)]
        return self.done(Text(f"{sides[0].leat} {word} {sides[1].leat}",
                              f"{sides[0].postgres} {word} {sides[1].postgres}"), columns)

    def marked(self, name):
        """For PostgreSQL: the table, each row with the watermark that it met."""
        return (f"(SELECT *, max(ts) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - "
                f"INTERVAL '{DELAY}' AS mark FROM {name})")

    def in_time(self, windows):
        """For PostgreSQL: without the rows of windows that had fired before they came."""
        return f"(SELECT * FROM {windows} AS z WHERE mark IS NULL OR mark < window_end - INTERVAL '1 ms')"

    def query_window(self, depth):
        """Windows over a table; PostgreSQL counts them out."""
        name, alias = self.pick(list(self.tables)), self.name("q")
        size, slide = self.pick([(60, 60), (120, 60), (90, 30), (45, 45)])
        ends = f"{size} seconds"
        if size == slide:
            self.features.add("tumble")
            leat = f"TUMBLE({name}, ts, INTERVAL '{ends}')"
            postgres = (f"(SELECT *, date_bin('{ends}', ts, '2000-01-01') AS window_start, "
                        f"date_bin('{ends}', ts, '2000-01-01') + INTERVAL '{ends}' AS window_end "
                        f"FROM {self.marked(name)} AS m)")
        else:
            self.features.add("hop")
            leat = f"HOP({name}, ts, INTERVAL '{slide} seconds', INTERVAL '{ends}')"
            step = f"date_bin('{slide} seconds', ts, '2000-01-01')"
            postgres = (f"(SELECT x.*, s AS window_start, s + INTERVAL '{ends}' AS window_end "
                        f"FROM {self.marked(name)} AS x, generate_series("
                        f"{step} - INTERVAL '{size - slide} seconds', {step}, '{slide} seconds') AS s)")
        postgres = self.in_time(postgres)
        scope = self.scope_of(alias, Relation("", "", self.tables[name]))
        keys = ["window_start", "window_end"] + ([self.pick(scope[1:-1])[0]] if self.chance(0.7) else [])
        columns = [Column("window_start", "time"), Column("window_end", "time")]
        items = ["window_start", "window_end"]
        for key in keys[2:]:
            found = [column for text, column in scope if text == key][0]
            columns.append(Column(self.name("c"), found.type))
            items.append(f"{key} AS {columns[-1].name}")
        for _ in range(self.random.randint(1, 2)):
            call, kind = self.aggregate(scope)
            columns.append(Column(self.name("c"), kind))
            items.append(f"{call} AS {columns[-1].name}")
        rest = f" AS {alias}{self.where(scope, 0.3)} GROUP BY {', '.join(keys)}"
        return self.done(Text(f"SELECT {', '.join(items)} FROM {leat}{rest}",
                              f"SELECT {', '.join(items)} FROM {postgres}{rest}"), columns)

    def query_windows_of_time(self, depth):
        """Cumulating and session windows."""
        name, alias = self.pick(list(self.tables)), self.name("q")
        scope = self.scope_of(alias, Relation("", "", self.tables[name]))
        if self.is_disordered or self.chance(0.5):
            self.features.add("cumulate")
            leat = f"CUMULATE({name}, ts, INTERVAL '30 seconds', INTERVAL '2 minutes')"
            start = "date_bin('2 minutes', ts, '2000-01-01')"
            postgres = self.in_time(
                f"(SELECT x.*, {start} AS window_start, e AS window_end FROM {self.marked(name)} AS x, generate_series("
                f"{start} + INTERVAL '30 seconds', {start} + INTERVAL '2 minutes', '30 seconds') AS e WHERE ts < e)")
            keys = []
        else:
            self.features.add("session")
            key = self.pick(["k", "id"])
            leat = f"SESSION({name} PARTITION BY {key}, ts, INTERVAL '30 seconds')"
            marked = (f"SELECT *, CASE WHEN ts - lag(ts) OVER (PARTITION BY {key} ORDER BY ts) <= '30 seconds' "
                      f"THEN 0 ELSE 1 END AS m FROM {name}")
            counted = f"SELECT *, sum(m) OVER (PARTITION BY {key} ORDER BY ts, id) AS s FROM ({marked}) AS a"
            postgres = (f"(SELECT *, min(ts) OVER (PARTITION BY {key}, s) AS window_start, max(ts) OVER "
                        f"(PARTITION BY {key}, s) + INTERVAL '30 seconds' AS window_end FROM ({counted}) AS b)")
            keys = [f"{alias}.{key}"]
        columns = [Column("window_start", "time"), Column("window_end", "time")]
        items = ["window_start", "window_end"]
        for key in keys:
            columns.append(Column(self.name("c"), "int"))
            items.append(f"{key} AS {columns[-1].name}")
        for _ in range(self.random.randint(1, 2)):
            call, kind = self.aggregate(scope)
            columns.append(Column(self.name("c"), kind))
            items.append(f"{call} AS {columns[-1].name}")
        rest = f" AS {alias} GROUP BY {', '.join(['window_start', 'window_end', *keys])}"
        return self.done(Text(f"SELECT {', '.join(items)} FROM {leat}{rest}",
                              f"SELECT {', '.join(items)} FROM {postgres}{rest}"), columns)

    def query_chain(self, depth):
        """A join of three, by USING or ON, commas or words."""
        names = [self.pick(list(self.tables)) for _ in range(3)]
        a, b, c = self.name("q"), self.name("q"), self.name("q")
        scopes = [self.scope_of(alias, Relation("", "", self.tables[name])) for alias, name in zip((a, b, c), names)]
        first, second = self.equal_pair(scopes[0], scopes[1]), self.equal_pair(scopes[0] + scopes[1], scopes[2])
        both = sum(scopes, [])
        items, columns = self.select_list(both, self.random.randint(2, 4))
        columns = [Column(column.name, column.type) for column in columns]
        kind = self.pick(["comma", "words"])
        self.features.add(f"join of three, {kind}")
        if kind == "comma":
            text = (f"{names[0]} {a}, {names[1]} {b}, {names[2]} {c} WHERE {first[0]} = {first[1]} AND "
                    f"{second[0]} = {second[1]} AND {self.boolean(both, 1)}")
        else:
            words = [self.pick(["JOIN", "LEFT JOIN", "INNER JOIN", "LEFT OUTER JOIN"]) for _ in range(2)]
            text = (f"{names[0]} {a} {words[0]} {names[1]} {b} ON {first[0]} = {first[1]} "
                    f"{words[1]} {names[2]} {c} ON {second[0]} = {second[1]}{self.where(both, 0.4)}")
        return self.done(Text.of(f"SELECT {items} FROM {text}"), columns)

    def query_with(self, depth):
        """WITH: one query named and read twice."""
        inner, name = self.query(depth + 1), self.name("x")
        a, b = self.name("q"), self.name("q")
        left, right = self.scope_of(a, inner), self.scope_of(b, inner)
        pair = self.equal_pair(left, right)
        if pair is None:
            return self.query_project(depth)
        self.features.add("with")
        items, columns = self.select_list(left + right, 2)
        columns = [Column(column.name, column.type) for column in columns]
        rest = f"SELECT {items} FROM {name} AS {a} JOIN {name} AS {b} ON {pair[0]} = {pair[1]}"
        return self.done(Text(f"WITH {name} AS ({inner.leat}) {rest}", f"WITH {name} AS ({inner.postgres}) {rest}"),
                         columns)

    def query_distinct_on(self, depth):
        table, alias = self.table(), self.name("q")
        scope = self.scope_of(alias, table)
        key = self.pick(scope[1:])[0]
        items, columns = self.select_list(scope, self.random.randint(1, 3))
        self.features.add("distinct on")
        query = (f"SELECT DISTINCT ON ({key}) {items} FROM {table.leat} AS {alias}{self.where(scope, 0.3)} "
                 f"ORDER BY {key}, {self.pick(scope[1:])[0]}{self.pick(['', ' DESC'])}, {alias}.id")
        return self.done(Text.of(query), [Column(column.name, column.type) for column in columns])

    def query_limit(self, depth):
        table, alias = self.table(), self.name("q")
        scope = self.scope_of(alias, table)
        items, columns = self.select_list(scope, self.random.randint(1, 3))
        self.features.add("limit")
        offset = self.pick(["", "", " OFFSET 2"])
        query = (f"SELECT {items} FROM {table.leat} AS {alias}{self.where(scope, 0.3)} ORDER BY "
                 f"{self.pick(scope[1:])[0]}{self.pick(['', ' DESC', ' NULLS FIRST'])}, {alias}.id LIMIT 3{offset}")
        return self.done(Text.of(query), columns)

    def query_quantified(self, depth):
        """Subqueries where they are harder: any, all, unequal correlation, inside CASE and the select list."""
        outer, inner = self.table(), self.table()
        a, b = self.name("q"), self.name("q")
        outer_scope, inner_scope = self.scope_of(a, outer), self.scope_of(b, inner)
        items, columns = self.select_list(outer_scope, 2)
        pair = self.equal_pair(outer_scope, inner_scope) or (f"{a}.id", f"{b}.id")
        i, j = self.integer(outer_scope, 1), self.integer(inner_scope, 1)
        rows = f"{inner.leat} AS {b}"
        form, text = self.pick([
            ("unequal exists", f"EXISTS (SELECT 1 FROM {rows} WHERE {pair[0]} = {pair[1]} AND {a}.id < {b}.id)"),
            ("unequal not exists", f"NOT EXISTS (SELECT 1 FROM {rows} "
                                   f"WHERE {pair[0]} = {pair[1]} AND {a}.id <> {b}.id)"),
            ("any", f"{i} = ANY (SELECT {j} FROM {rows})"),
            ("not in with null", f"{i} NOT IN (SELECT {j} FROM {rows})"),
            ("exists or", f"(EXISTS (SELECT 1 FROM {rows} "
                          f"WHERE {pair[0]} = {pair[1]}) OR {self.boolean(outer_scope, 1)})"),
            ("correlated compare", f"{i} < (SELECT avg({j}) FROM {rows} WHERE {pair[0]} = {pair[1]})"),
            ("in case", f"CASE WHEN {i} IN (SELECT {j} FROM {rows}) THEN {self.boolean(outer_scope, 1)} END"),
            ("grouped in", f"{i} IN (SELECT count(*) FROM {rows} GROUP BY {b}.k)")])
        self.features.add(form)
        if self.chance(0.3):
            name = self.name("c")
            items += f", (SELECT max({j}) FROM {rows}) AS {name}"
            columns.append(Column(name, "int"))
            self.features.add("uncorrelated scalar")
        return self.done(Text.of(f"SELECT {items} FROM {outer.leat} AS {a} WHERE {text}"), columns)

    def query(self, depth=0):
        kinds = [(self.query_project, 2), (self.query_group, 4), (self.query_join, 3), (self.query_subquery, 3),
                 (self.query_over, 2), (self.query_top, 2), (self.query_set, 1), (self.query_chain, 1),
                 (self.query_with, 1), (self.query_quantified, 2), (self.query_distinct_on, 1), (self.query_limit, 1)]
        if depth == 0 and not self.has_changes:
            windows = [(self.query_window, 2), (self.query_windows_of_time, 2)]
            kinds = windows if self.is_disordered else kinds + windows
        chosen = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        return chosen(depth)

    def case(self, name):
        """A case (see compare.py) and the query as PostgreSQL is asked."""
        self.make_tables()
        operations = self.make_operations()
        query = self.query()
        if self.is_disordered:
            self.features.add("late rows")
        tables = []
        for table, columns in self.tables.items():
            tables.append({"name": table, "columns": [[column.name, TYPES[column.type]] for column in columns],
                           "primary_key": ["id"], "event_time": None if self.has_changes else "ts",
                           "watermark_delay": None if self.has_changes else DELAY,
                           **({} if operations else {"rows": []})})
        case = {"name": name, "features": sorted(self.features), "tables": tables, "ops": operations,
                "sql": query.leat, "numeric_tolerance": 1e-9}
        return case, query.postgres
