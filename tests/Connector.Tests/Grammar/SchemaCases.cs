namespace CurKv.Connector.Tests.Grammar;

/// <summary>Schemas, texts that obey them, and texts that do not.</summary>
public static class SchemaCases
{
    /// <summary>The cases.</summary>
    public static TheoryData<string, string[], string[]> All { get; } = new()
    {
        // Any value
        { "true", ["1", "null", """{"a": [1,2, {"b":null}]}""", "\"x\"", "[]", "{}", "-0.5e+10"], ["", "{", "[1,]", """{"a" :1}""", "01", "1e100", "\"\n\""] },
        { "{}", ["[[[]]]", "true"], ["nul", "{\"a\"}"] },
        { """{"title":"T","description":"d","default":5,"$comment":"c","examples":[1]}""", ["1", "\"x\""], [""] },

        // Types
        { """{"type":"null"}""", ["null"], ["0", "\"null\""] },
        { """{"type":"boolean"}""", ["true", "false"], ["True", "1"] },
        { """{"type":"integer"}""", ["0", "-1", "1234567890123456"], ["-0", "01", "1.0", "1e5", "12345678901234567", "", "-"] },
        { """{"type":"number"}""", ["0", "-0.5", "1e5", "3.1415", "1E-10"], [".5", "1.", "+1", "1e", "0.12345678901234567"] },
        { """{"type":"string"}""", ["\"\"", "\"héllo 中 😀\"", "\"a\\n\\\"\\u00e9\\ud83d\\ude00\""], ["\"", "\"a\nb\"", "\"\\x\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\u007f\""] },
        { """{"type":"array"}""", ["[]", "[1, \"a\",null]"], ["[ 1]", "[1  ,2]", "{}"] },
        { """{"type":"object"}""", ["{}", """{"a":1, "b":{}}"""], ["[]", """{a:1}"""] },
        { """{"type":["string","null"]}""", ["null", "\"a\""], ["1"] },
        { """{"type":["integer","number"]}""", ["1", "1.5"], ["null"] },
        { """{"type":"string","nullable":true}""", ["null", "\"a\""], ["1"] },

        // Enum and const
        { """{"enum":["red","green",3,null,true,{"a":[1,"x"]}]}""", ["\"red\"", "3", "null", "true", """{"a":[1,"x"]}""", """{"a": [1, "x"]}"""], ["red", "\"blue\"", "4", "false"] },
        { """{"const":"a\"b\\c\n"}""", ["\"a\\\"b\\\\c\\n\""], ["\"a\"b\\c\n\""] },
        { """{"const":{}}""", ["{}"], ["[]"] },
        { """{"type":"integer","enum":[1,"a",2.5,7],"maximum":5}""", ["1"], ["7", "\"a\"", "2.5"] },
        { """{"enum":["aa","b","ccc"],"minLength":2,"pattern":"^[a-b]"}""", ["\"aa\""], ["\"b\"", "\"ccc\""] },
        { """{"enum":["a0","a1","a2","a3","a4","a5","a6","a7","b0","b1","b2","b3","b4","b5","b6","b7","c\"","a"]}""", ["\"a\"", "\"a7\"", "\"c\\\"\""], ["\"a8\"", "\"c\"", "\"\""] },
        { """{"enum":[1,2,3],"const":2}""", ["2"], ["1", "3"] },

        // Strings
        { """{"type":"string","minLength":2,"maxLength":3}""", ["\"ab\"", "\"abc\"", "\"\\n\\u00e9\"", "\"😀\\ud83d\\ude00\""], ["\"a\"", "\"abcd\"", "\"\""] },
        { """{"type":"string","maxLength":0}""", ["\"\""], ["\"a\""] },
        { """{"minLength":1}""", ["\"a\""], ["\"\"", "1"] },
        { """{"type":"string","maxLength":2500}""", [Text(2500), Text(1999), Text(2000), Text(1000), Text(0)], [Text(2501), Text(3000)] },
        { """{"type":"string","minLength":2100,"maxLength":4321}""", [Text(2100), Text(4321), Text(3100), Text(4000)], [Text(2099), Text(4322)] },
        { """{"type":"string","minLength":1500}""", [Text(1500), Text(5000)], [Text(1499)] },
        { """{"type":"string","maxLength":2147483647}""", [Text(5000)], ["\""] },

        // Patterns
        { """{"pattern":"^[a-c]+$"}""", ["\"abc\""], ["\"\"", "\"abd\"", "abc"] },
        { """{"pattern":"b"}""", ["\"b\"", "\"abc\"", "\"\\n b \\\" \\\\\""], ["\"ac\"", "\"\""] },
        { """{"pattern":"^a|b$"}""", ["\"axx\"", "\"xxb\"", "\"a\""], ["\"xax\"", "\"bx\""] },
        { """{"pattern":"^(a|bc){2,3}$"}""", ["\"aa\"", "\"abc\"", "\"bcbcbc\""], ["\"a\"", "\"aaaa\""] },
        { """{"pattern":"^(?:x*)*(?<n>y?)+$"}""", ["\"\"", "\"xxyy\""], ["\"yx\""] },
        { """{"pattern":"^\\d{3}-\\w\\s\\.[^\\d]\\u0041\\x42\\/$"}""", ["\"123-_ .xAB/\"", "\"123-a\\t.\\\"AB/\""], ["\"12-_ .xAB/\"", "\"123-_ .5AB/\""] },
        { """{"pattern":"^.\"\\\\$"}""", ["\"x\\\"\\\\\"", "\"\\\"\\\"\\\\\""], ["\"x\"\\\"", "\"\\n\\\"\\\\\""] },
        { """{"pattern":"^[\\]\\-a]+?$"}""", ["\"]-a\""], ["\"b\""] },
        { """{"pattern":"^[+-]?\\d+$"}""", ["\"+1\"", "\"-20\"", "\"3\""], ["\"+\""] },
        { """{"pattern":"^(ab*)$","minLength":3,"maxLength":4}""", ["\"abb\"", "\"abbb\""], ["\"ab\"", "\"abbbb\""] },
        { """{"pattern":"(^a$|^b$)"}""", ["\"a\"", "\"b\""], ["\"ab\"", "\"c\""] },
        { """{"pattern":""}""", ["\"\"", "\"x\""], ["1"] },
        { """{"pattern":"^[\\s\\S]{2}$"}""", ["\"\\n\\u0001\"", "\"😀a\""], ["\"a\"", "\"abc\""] },
        { """{"allOf":[{"pattern":"^a"},{"pattern":"z$"}],"type":"string"}""", ["\"az\"", "\"abcz\""], ["\"a\"", "\"z\"", "\"za\""] },

        // Formats
        { """{"format":"date"}""", ["\"2024-02-29\"", "\"2023-12-31\"", "\"2000-02-29\""], ["\"2023-02-29\"", "\"1900-02-29\"", "\"2023-04-31\"", "\"2023-13-01\"", "\"2023-1-1\"", "\"0000-01-01\"", "\"2023-00-10\""] },
        { """{"type":"string","format":"time"}""", ["\"23:59:59Z\"", "\"00:00:00.123+01:00\""], ["\"24:00:00Z\"", "\"12:00\"", "\"12:00:00\""] },
        { """{"type":"string","format":"date-time"}""", ["\"2024-01-31T12:00:00Z\"", "\"2024-02-29T12:00:00.5-08:00\""], ["\"2024-02-30T12:00:00Z\"", "\"2024-01-31\"", "\"2024-01-31 12:00:00Z\""] },
        { """{"type":"string","format":"duration"}""", ["\"P1D\"", "\"PT1H30M\"", "\"P1Y2M3DT4H\"", "\"P2W\""], ["\"P\"", "\"PT\"", "\"1D\"", "\"P1DT\""] },
        { """{"type":"string","format":"uuid"}""", ["\"123e4567-e89b-12d3-a456-426614174000\""], ["\"123e4567e89b12d3a456426614174000\""] },
        { """{"type":"string","format":"email"}""", ["\"a.b+c@example.co.uk\""], ["\"a@b\"", "\"@x.y\"", "\"a b@c.d\""] },
        { """{"type":"string","format":"hostname"}""", ["\"localhost\"", "\"a-b.example.com\""], ["\"-a\"", "\"a..b\"", "\"a-\""] },
        { """{"type":"string","format":"ipv4"}""", ["\"0.0.0.0\"", "\"255.249.199.9\""], ["\"256.0.0.0\"", "\"1.2.3\"", "\"01.2.3.4\""] },
        { """{"type":"string","format":"ipv6"}""", ["\"::\"", "\"::1\"", "\"2001:db8::8a2e:370:7334\"", "\"1:2:3:4:5:6:7:8\""], ["\"1:2:3\"", "\"1::2::3\"", "\"12345::\""] },
        { """{"type":"string","format":"uri"}""", ["\"https://example.com/a?b=c#d\"", "\"http://localhost:8080\""], ["\"example.com\"", "\"http://\"", "\"http://a b\""] },
        { """{"type":"string","format":"json-pointer"}""", ["\"\"", "\"/a/b~1c\""], ["\"a\"", "\"/~2\""] },
        { """{"type":"string","format":"made-up"}""", ["\"anything\""], ["1"] },

        // Numbers
        { """{"type":"integer","minimum":0}""", ["0", "7", "9999999999999999"], ["-1", "00"] },
        { """{"type":"integer","minimum":-12,"maximum":105}""", ["-12", "-9", "0", "9", "99", "100", "105"], ["-13", "-20", "106", "110", "200", "-100"] },
        { """{"type":"integer","exclusiveMinimum":9,"exclusiveMaximum":21}""", ["10", "19", "20"], ["9", "21", "1", "2"] },
        { """{"type":"integer","minimum":1.5,"maximum":3.5}""", ["2", "3"], ["1", "4"] },
        { """{"type":"integer","maximum":-5}""", ["-5", "-10", "-999"], ["-4", "0", "5"] },
        { """{"type":"integer","minimum":255,"maximum":65535}""", ["255", "256", "1000", "65535", "60000", "9999"], ["254", "65536", "70000", "100000", "99"] },
        { """{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}""", ["0", "-5"], ["1.5"] },
        { """{"type":"integer","minimum":1,"exclusiveMinimum":true,"maximum":3,"exclusiveMaximum":false}""", ["2", "3"], ["1", "4"] },
        { """{"type":"number","minimum":0,"maximum":1}""", ["0", "1", "0.5", "1.0", "0.0"], ["-0.1", "1.01", "2", "1e5", "1.0000000000000001"] },
        { """{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}""", ["0.5", "0.01", "0.99"], ["0", "1", "0.0", "1.0"] },
        { """{"type":"number","minimum":-1.25,"maximum":2.75}""", ["-1.25", "-1.2", "-1", "-1.250", "0", "2.75", "2.7", "2", "2.7499"], ["-1.26", "-1.2501", "2.76", "2.8", "3", "-2", "2.7501"] },
        { """{"type":"number","exclusiveMinimum":1.05}""", ["1.06", "1.051", "1.1", "2", "10", "1.0500001"], ["1.05", "1.050", "1", "0", "1.04", "-2"] },
        { """{"type":"number","exclusiveMaximum":1.05}""", ["1.04", "1.0", "1", "1.0499", "0.9", "-100.5"], ["1.05", "1.06", "1.1", "2"] },
        { """{"minimum":5,"maximum":1e3}""", ["5", "999.5", "1000"], ["4.9", "1000.1", "\"a\""] },
        { """{"type":"integer","multipleOf":5}""", ["0", "5", "-10", "1235"], ["1", "12"] },
        { """{"type":"number","multipleOf":0.01,"minimum":0}""", ["1.25", "3", "0.1"], ["1.255", "-1"] },
        { """{"type":"integer","multipleOf":7,"minimum":10,"maximum":30}""", ["14", "21", "28"], ["7", "35", "15"] },

        // Objects
        { """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"}},"required":["a","b"]}""", ["""{"a":1,"b":true}""", """{"a": 1, "b": false}"""], ["""{"b":true,"a":1}""", """{"a":1}""", """{"a":1,"b":true,"c":1}""", """{"a":1,"b":true,}""", "{}"] },
        {
            """{"properties":{"a":{"type":"null"},"b":{"type":"null"},"c":{"type":"null"}},"additionalProperties":false}""",
            ["{}", """{"a":null}""", """{"b":null}""", """{"c":null}""", """{"a":null,"c":null}""", """{"b":null,"c":null}""", """{"a":null,"b":null,"c":null}"""],
            ["{,}", """{"a":null,}""", """{"c":null,"a":null}""", """{"a":null"b":null}""", """{"a":null,"a":null}"""]
        },
        {
            """{"properties":{"a":{"const":1},"b":{"const":2},"c":{"const":3}},"required":["b"]}""",
            ["""{"b":2}""", """{"a":1,"b":2}""", """{"b":2,"c":3}""", """{"a":1,"b":2,"c":3}"""],
            ["{}", """{"a":1}""", """{"a":1,"c":3}""", """{"c":3}"""]
        },
        {
            """{"properties":{"a":{"const":1}},"additionalProperties":{"type":"integer"}}""",
            ["{}", """{"a":1}""", """{"a":1,"x":5,"aa":6}""", """{"x":5}""", """{"":5}""", """{"b\n\"":5}"""],
            ["""{"a":2}""", """{"x":"y"}""", """{"x":1,"a":2}""", """{"\u0061":2}"""]
        },
        { """{"properties":{"a":{"const":1}},"required":["a"],"additionalProperties":true}""", ["""{"a":1}""", """{"a":1,"x":"y"}"""], ["{}", """{"x":"y"}"""] },
        { """{"additionalProperties":{"type":"integer"}}""", ["{}", """{"x":5,"y":6}"""], ["""{"x":"y"}"""] },
        { """{"type":"object","additionalProperties":false}""", ["{}"], ["""{"x":1}"""] },
        { """{"type":"object","properties":{}}""", ["{}"], ["""{"x":1}"""] },
        { """{"required":["q"]}""", ["""{"q":1}""", """{"q":[]}"""], ["{}", """{"x":1}"""] },
        { """{"properties":{"a\"b\\\n\u00e9/~":{"type":"null"}},"required":["a\"b\\\n\u00e9/~"]}""", ["{\"a\\\"b\\\\\\né/~\":null}"], ["{\"a\":null}"] },
        { """{"properties":{"a":{"const":1},"a":{"const":2}},"required":["a"]}""", ["""{"a":2}"""], ["""{"a":1}"""] },
        { """{"properties":{"a":false,"b":{"const":1}}}""", ["{}", """{"b":1}"""], ["""{"a":1}"""] },
        {
            """{"properties":{"a":{"const":1},"b":{"const":1},"c":{"const":1}},"minProperties":2}""",
            ["""{"a":1,"b":1}""", """{"a":1,"c":1}""", """{"b":1,"c":1}""", """{"a":1,"b":1,"c":1}"""],
            ["{}", """{"a":1}""", """{"c":1}"""]
        },
        {
            """{"properties":{"a":{"const":1},"b":{"const":1},"c":{"const":1}},"required":["c"],"maxProperties":2}""",
            ["""{"c":1}""", """{"a":1,"c":1}""", """{"b":1,"c":1}"""],
            ["{}", """{"a":1,"b":1}""", """{"a":1,"b":1,"c":1}"""]
        },
        {
            """{"properties":{"a":{"const":1}},"additionalProperties":{"const":2},"minProperties":2,"maxProperties":3}""",
            ["""{"a":1,"x":2}""", """{"x":2,"y":2,"z":2}"""],
            ["{}", """{"a":1}""", """{"x":2}""", """{"a":1,"x":2,"y":2,"z":2}"""]
        },
        { """{"type":"object","minProperties":1}""", ["""{"a":1}"""], ["{}"] },
        { """{"type":"object","maxProperties":1,"additionalProperties":{"type":"null"}}""", ["{}", """{"a":null}"""], ["""{"a":null,"b":null}"""] },
        { """{"propertyNames":{"pattern":"^[a-z]+$"},"additionalProperties":{"type":"null"}}""", ["""{"abc":null}"""], ["""{"A":null}""", """{"":null}"""] },
        { """{"propertyNames":{"maxLength":2},"additionalProperties":{"type":"null"}}""", ["""{"ab":null}"""], ["""{"abc":null}"""] },
        { """{"propertyNames":{"enum":["x","y"]},"additionalProperties":{"type":"null"},"properties":{"x":{"const":1}}}""", ["""{"x":1,"y":null}"""], ["""{"z":null}""", """{"x":null}"""] },

        // Arrays
        { """{"items":{"type":"integer"}}""", ["[]", "[1]", "[1,2, 3]"], ["[\"a\"]", "[1,]", "[,1]"] },
        { """{"items":{"const":1},"minItems":2,"maxItems":3}""", ["[1,1]", "[1,1,1]"], ["[]", "[1]", "[1,1,1,1]"] },
        { """{"type":"array","maxItems":0}""", ["[]"], ["[1]"] },
        { """{"type":"array","items":false}""", ["[]"], ["[1]"] },
        { """{"items":{"const":1},"minItems":1}""", ["[1]", "[1,1]"], ["[]"] },
        { """{"items":{"const":1},"maxItems":1}""", ["[]", "[1]"], ["[1,1]"] },
        { """{"prefixItems":[{"const":1},{"const":2}],"items":{"const":3}}""", ["[]", "[1]", "[1,2]", "[1,2,3,3]"], ["[2]", "[1,3]", "[1,2,4]"] },
        { """{"prefixItems":[{"const":1},{"const":2}],"items":false,"minItems":1}""", ["[1]", "[1,2]"], ["[]", "[1,2,3]"] },
        { """{"prefixItems":[{"const":1},{"const":2}],"minItems":3}""", ["[1,2,null]", "[1,2,3,4]"], ["[1,2]"] },
        { """{"prefixItems":[{"const":1},{"const":2}],"items":{"const":3},"minItems":3,"maxItems":4}""", ["[1,2,3]", "[1,2,3,3]"], ["[1,2]", "[1,2,3,3,3]"] },
        { """{"items":[{"const":1}],"additionalItems":{"const":2}}""", ["[]", "[1]", "[1,2,2]"], ["[2]"] },
        { """{"items":{"items":{"type":"integer"}}}""", ["[]", "[[1],[]]"], ["[1]"] },
        { """{"items":{"const":1},"maxItems":3000}""", [Ones(3000), Ones(1000), Ones(1001), "[]"], [Ones(3001)] },
        { """{"items":{"const":1},"minItems":2001}""", [Ones(2001), Ones(2500)], [Ones(2000)] },

        // References
        { """{"$ref":"#/$defs/p","$defs":{"p":{"type":"integer"}}}""", ["1"], ["\"a\""] },
        { """{"$ref":"#/definitions/a~1b~0c%25","definitions":{"a/b~0c%":{"type":"null"},"a/b~c%":{"type":"integer"}}}""", ["1"], ["null"] },
        { """{"$ref":"#/$defs/p","maximum":5,"$defs":{"p":{"type":"integer"}}}""", ["5"], ["6"] },
        {
            """{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["v","next"]}""",
            ["""{"v":1,"next":null}""", """{"v":1,"next":{"v":2,"next":{"v":3,"next":null}}}"""],
            ["""{"v":1}""", """{"v":1,"next":{"v":2}}"""]
        },
        {
            """{"$defs":{"n":{"properties":{"c":{"items":{"$ref":"#/$defs/n"}}},"additionalProperties":false}},"$ref":"#/$defs/n"}""",
            ["{}", """{"c":[]}""", """{"c":[{},{"c":[{}]}]}"""],
            ["""{"c":{}}""", """{"c":[1]}"""]
        },
        { """{"properties":{"a":{"const":1},"b":{"$ref":"#/properties/a"}},"required":["a","b"]}""", ["""{"a":1,"b":1}"""], ["""{"a":1,"b":2}"""] },

        // Combinations
        { """{"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]}""", ["1", "\"a\""], ["\"ab\"", "null"] },
        { """{"oneOf":[{"const":"a"},{"const":"b"}]}""", ["\"a\"", "\"b\""], ["\"c\""] },
        { """{"type":"object","properties":{"a":{"const":1},"b":{"const":2}},"anyOf":[{"required":["a"]},{"required":["b"]}]}""", ["""{"a":1}""", """{"b":2}""", """{"a":1,"b":2}"""], ["{}"] },
        { """{"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"a":{"maximum":5},"b":{"const":1}},"required":["b"]}]}""", ["""{"a":5,"b":1}"""], ["""{"a":6,"b":1}""", """{"a":5}"""] },
        { """{"allOf":[{"type":["integer","string"]},{"type":["integer","null"]}]}""", ["1"], ["null", "\"a\""] },
        { """{"allOf":[{"properties":{"a":{"const":1}},"required":["a"]}],"properties":{"b":{"const":2}}}""", ["""{"b":2,"a":1}""", """{"a":1}"""], ["""{"b":2}"""] },
        { """{"anyOf":[{"const":1},false]}""", ["1"], ["2"] },
        { """{"anyOf":[{"anyOf":[{"const":1},{"const":2}]},{"const":3}],"type":"integer","minimum":2}""", ["2", "3"], ["1"] },
        { """{"uniqueItems":false,"if":{},"minContains":1,"patternProperties":{},"items":{"type":"null"},"type":"array"}""", ["[null]"], ["[1]"] },
    };

    private static string Text(int length) => $"\"{new string('x', length)}\"";

    private static string Ones(int count) => $"[{string.Join(',', Enumerable.Repeat("1", count))}]";
}
