using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

/// <summary>A source that an answer names. Annotations of other types are not stored.</summary>
internal sealed record AnswerCitation(
    string? Title, string? Url, string? FileId, string? ToolName, string? Snippet, AnswerRegion[]? Regions)
{
    public static AnswerCitation[]? From(IList<AIAnnotation>? annotations)
    {
        if (annotations is not { Count: > 0 })
        {
            return null;
        }

        AnswerCitation[] citations = [.. annotations.OfType<CitationAnnotation>().Select(static citation => new AnswerCitation(
            citation.Title,
            citation.Url?.OriginalString,
            citation.FileId,
            citation.ToolName,
            citation.Snippet,
            AnswerRegion.From(citation)))];
        return citations.Length == 0 ? null : citations;
    }

    public long EstimateSize() => 64L + SizeOf(Title) + SizeOf(Url) + SizeOf(FileId) + SizeOf(ToolName) + SizeOf(Snippet);

    private static long SizeOf(string? text) => sizeof(char) * (long)(text?.Length ?? 0);

    public CitationAnnotation ToAnnotation() => new()
    {
        Title = Title,
        Url = Url is null ? null : new Uri(Url, UriKind.RelativeOrAbsolute),
        FileId = FileId,
        ToolName = ToolName,
        Snippet = Snippet,
        AnnotatedRegions = Regions is null ? null : [.. Regions.Select(static region => region.ToRegion())],
    };
}

/// <summary>Where in its text a source is named.</summary>
internal sealed record AnswerRegion(int? Start, int? End)
{
    public static AnswerRegion[]? From(CitationAnnotation citation)
    {
        AnswerRegion[] regions = [.. (citation.AnnotatedRegions ?? []).OfType<TextSpanAnnotatedRegion>()
            .Select(static span => new AnswerRegion(span.StartIndex, span.EndIndex))];
        return regions.Length == 0 ? null : regions;
    }

    public TextSpanAnnotatedRegion ToRegion() => new() { StartIndex = Start, EndIndex = End };
}
