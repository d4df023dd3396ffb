using Microsoft.Extensions.AI;

namespace Resilient.Llm.Fallback;

/// <summary>Tells different requests apart without keeping them. Computed only for refused requests.</summary>
/// <remarks>
/// Cheap, and the same only within the process. Two requests with one hash count as one: that makes an endpoint suspect later.
/// </remarks>
internal static class RequestHash
{
    public static ulong Of(IReadOnlyList<ChatMessage> messages, ChatOptions options)
    {
        var hash = new HashCode();
        hash.Add(options.ModelId);
        hash.Add(options.Instructions);
        hash.Add(options.Temperature);
        hash.Add(options.TopP);
        hash.Add(options.MaxOutputTokens);
        hash.Add(options.ResponseFormat?.GetType());
        foreach (var tool in options.Tools ?? [])
        {
            hash.Add(tool?.Name);
        }

        foreach (var message in messages)
        {
            hash.Add(message?.Role);
            foreach (var content in message?.Contents ?? [])
            {
                Add(ref hash, content);
            }
        }

        return (ulong)(uint)hash.ToHashCode();
    }

    private static void Add(ref HashCode hash, AIContent? content)
    {
        hash.Add(content?.GetType());
        switch (content)
        {
            case TextContent text:
                hash.Add(text.Text);
                break;
            case DataContent data:
                hash.Add(data.MediaType);
                hash.AddBytes(data.Data.Span);
                break;
            case UriContent uri:
                hash.Add(uri.Uri);
                break;
            case FunctionCallContent call:
                hash.Add(call.CallId);
                break;
            case FunctionResultContent result:
                hash.Add(result.CallId);
                break;
        }
    }
}
