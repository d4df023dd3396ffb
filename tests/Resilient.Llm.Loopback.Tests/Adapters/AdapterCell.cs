using System.ClientModel;
using System.Text;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Describes a call in few words, for a cell of the table of observed behaviour.</summary>
internal static class AdapterCell
{
    public static string Of(AdapterCall call)
    {
        var words = new List<string>();
        var text = new StringBuilder();
        foreach (var content in call.Contents)
        {
            if (content is TextContent piece)
            {
                text.Append(piece.Text);
                continue;
            }

            Flush(words, text);
            Add(words, Describe(content));
        }

        Flush(words, text);
        if (call.Exception is { } exception)
        {
            words.Add($"**{Describe(exception)}**");
            return string.Join(", ", words);
        }

        if (words.Count == 0)
        {
            words.Add("nothing");
        }

        if (call.Messages.Count > 1)
        {
            words.Add($"{call.Messages.Count} messages");
        }

        words.Add(call.FinishReason is { } reason ? $"`{reason}`" : "no reason");
        return string.Join(", ", words);
    }

    private static void Flush(List<string> words, StringBuilder text)
    {
        if (text.Length > 0)
        {
            words.Add($"\"{text}\"");
            text.Clear();
        }
    }

    /// <summary>Pieces of one kind that follow each other are one.</summary>
    private static void Add(List<string> words, string? word)
    {
        if (word is not null && (words.Count == 0 || words[^1] != word || word.StartsWith("call", StringComparison.Ordinal)))
        {
            words.Add(word);
        }
    }

    private static string? Describe(AIContent content) => content switch
    {
        UsageContent => null,
        TextReasoningContent => "reasoning",
        FunctionCallContent { Exception: not null } => "call (unreadable)",
        FunctionCallContent => "call",
        ErrorContent error => $"error content `{error.ErrorCode}`",
        _ => content.GetType().Name.Replace("Content", "", StringComparison.Ordinal),
    };

    private static string Describe(Exception exception)
    {
        var status = exception switch
        {
            ClientResultException result => result.Status,
            AnthropicApiException api => (int)api.StatusCode,
            HttpRequestException { StatusCode: { } code } => (int)code,
            _ => 0,
        };
        return exception.GetType().Name + (status == 0 ? "" : $" {status}");
    }
}
