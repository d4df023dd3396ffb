using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Resilient.Llm.Failures;

/// <summary>Reads the body of an error answer: <c>{"error":{"type","code","message"}}</c> and its variants.</summary>
/// <remarks>
/// Bodies are untrusted: reads at most 64 KiB and 64 levels, and never throws. A truncated body is read as far as it goes.
/// </remarks>
internal sealed class ErrorBody
{
    private const int MaxChars = 64 * 1024;
    private const int MaxNested = 2;

    private string? _raw;

    /// <summary>The most precise code: of the innermost error object that has one.</summary>
    public string? Code { get; private set; }

    /// <summary>A code that is a number: some give the status there.</summary>
    public string? Number { get; private set; }

    public string? Type { get; private set; }

    public string? Message { get; private set; }

    /// <summary>Google's form of Retry-After: "34s".</summary>
    public string? RetryDelay { get; private set; }

    public bool SaysSomething => (Code ?? Type ?? Message) is not null;

    /// <summary>Reads a body; null when it is not JSON or says nothing.</summary>
    public static ErrorBody? Parse(string? text) => Parse(text, 0);

    private static ErrorBody? Parse(string? text, int depth)
    {
        if (text is null || string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var body = new ErrorBody();
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text, 0, Math.Min(text.Length, MaxChars)), isFinalBlock: false, default);
            if (reader.Read() && (reader.TokenType != JsonTokenType.StartArray || reader.Read())
                && reader.TokenType == JsonTokenType.StartObject)
            {
                body.ReadObject(ref reader, Level.Around);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or truncated: what was read before counts.
        }

        if (depth < MaxNested)
        {
            body.TakeRaw(depth);
        }

        return body.SaysSomething ? body : null;
    }

    /// <summary>Finds a JSON error body inside an exception's message, where many clients put it.</summary>
    public static ErrorBody? Find(string? message)
    {
        if (message is null)
        {
            return null;
        }

        var start = message.AsSpan(0, Math.Min(message.Length, 500)).IndexOf('{');
        return start < 0 ? null : Parse(message.Substring(start, Math.Min(message.Length - start, MaxChars)));
    }

    private void ReadObject(ref Utf8JsonReader reader, Level level)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = FieldOf(ref reader);
            if (!reader.Read())
            {
                return;
            }

            var inside = field == Field.Error ? Level.Error
                : level == Level.Around ? Level.Around
                : field == Field.Inner ? Level.Inner
                : field == Field.Metadata ? Level.Metadata : Level.Around;
            if (reader.TokenType == JsonTokenType.String)
            {
                Take(field, reader.GetString(), level);
            }
            else if (reader.TokenType == JsonTokenType.Number && field == Field.Code && reader.TryGetInt32(out var number))
            {
                Number ??= number.ToString(CultureInfo.InvariantCulture);
            }
            else if (reader.TokenType == JsonTokenType.StartObject && inside != Level.Around)
            {
                ReadObject(ref reader, inside);
            }
            else if (reader.TokenType == JsonTokenType.StartArray && inside == Level.Inner)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    ReadObject(ref reader, inside);
                }
            }
            else if (!reader.TrySkip())
            {
                return;
            }
        }
    }

    /// <summary>
    /// A gateway's own words say that a provider failed; behind them stands, as a string, what that provider said.
    /// </summary>
    private void TakeRaw(int depth)
    {
        if (string.IsNullOrWhiteSpace(_raw))
        {
            return;
        }

        if (Parse(_raw, depth + 1) is { } raw)
        {
            Code = raw.Code ?? Code;
            Type = raw.Type ?? Type;
            Message = raw.Message ?? Message;
            RetryDelay = raw.RetryDelay ?? RetryDelay;
        }
        else if (_raw.AsSpan().TrimStart() is not ['{' or '[' or '<', ..])
        {
            Message = _raw;
        }
    }

    private void Take(Field field, string? value, Level level)
    {
        if (level == Level.Metadata)
        {
            _raw = field == Field.Raw ? value : _raw;
            return;
        }

        // What is inside the error object is more precise than what surrounds it; below it, only known codes are.
        switch (field)
        {
            case Field.Code or Field.Reason when level == Level.Inner:
                Code = ErrorCodes.Specific(value) is null ? Code : value;
                break;
            case Field.Code when level == Level.Error || Code is null:
                Code = ErrorCodes.Specific(Code) is null ? value : Code;
                break;
            case Field.Type when level == Level.Error || (level == Level.Around && Type is null):
                Type = value;
                break;
            case Field.Message or Field.Error when level == Level.Error || (level == Level.Around && Message is null):
                Message = value;
                break;
            case Field.RetryDelay when level == Level.Inner:
                RetryDelay = value;
                break;
        }
    }

    private static Field FieldOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("error"u8) ? Field.Error
        : reader.ValueTextEquals("innererror"u8) || reader.ValueTextEquals("details"u8) ? Field.Inner
        : reader.ValueTextEquals("code"u8) || reader.ValueTextEquals("error_code"u8) ? Field.Code
        : reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("status"u8) ? Field.Type
        : reader.ValueTextEquals("reason"u8) ? Field.Reason
        : reader.ValueTextEquals("message"u8) ? Field.Message
        : reader.ValueTextEquals("retryDelay"u8) ? Field.RetryDelay
        : reader.ValueTextEquals("metadata"u8) ? Field.Metadata
        : reader.ValueTextEquals("raw"u8) ? Field.Raw
        : Field.Other;

    private enum Level
    {
        Around,
        Error,
        Inner,
        Metadata,
    }

    private enum Field
    {
        Other,
        Error,
        Inner,
        Code,
        Reason,
        Type,
        Message,
        RetryDelay,
        Metadata,
        Raw,
    }
}
