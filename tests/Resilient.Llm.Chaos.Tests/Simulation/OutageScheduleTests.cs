namespace Resilient.Llm.Chaos.Tests;

public class OutageScheduleTests
{
    private const string Header = "provider,start_utc,end_utc,impact";

    [Fact]
    public void Read_AFile_HoldsItsIncidentsByTheirStart()
    {
        using var file = new TextFile(
            Header, "one,2024-01-02T00:00:00Z,2024-01-02T01:00:00Z,major", "", " two , 2024-01-01T02:00:00+02:00 , 2024-01-01T03:00:00Z , critical\r", "   ");

        var schedule = OutageSchedule.Read(file.Path);

        Assert.Equal(
            [new("two", At(1, 0), At(1, 3), IncidentImpact.Critical), new ProviderIncident("one", At(2, 0), At(2, 1), IncidentImpact.Major)], schedule.Incidents);
        Assert.Equal(["one", "two"], schedule.Providers);
    }

    [Theory]
    [InlineData("the first line must read \"provider,start_utc,end_utc,impact\"", 1)]
    [InlineData("the first line must read", 1, "one,2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,minor")]
    [InlineData("there are 3 fields in place of 4", 2, Header, "one,2024-01-01T00:00:00Z,2024-01-01T01:00:00Z")]
    [InlineData("there are 5 fields in place of 4", 3, Header, "", "one,2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,minor,")]
    [InlineData("the impact is 'catastrophic'; known are minor, major and critical", 2, Header, "one,2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,catastrophic")]
    [InlineData("start_utc is 'yesterday'", 2, Header, "one,yesterday,2024-01-01T01:00:00Z,minor")]
    [InlineData("end_utc is '2024-02-30T00:00:00Z'", 2, Header, "one,2024-01-01T00:00:00Z,2024-02-30T00:00:00Z,minor")]
    [InlineData("is not after its start", 2, Header, "one,2024-01-01T01:00:00Z,2024-01-01T00:00:00Z,minor")]
    [InlineData("is not after its start", 2, Header, "one,2024-01-01T01:00:00Z,2024-01-01T01:00:00Z,minor")]
    [InlineData("provider is missing", 2, Header, ",2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,minor")]
    public void Read_HostileFile_SaysWhereAndWhat(string what, int line, params string[] lines)
    {
        using var file = new TextFile(lines);

        var mistake = Assert.Throws<InvalidDataException>(() => OutageSchedule.Read(file.Path));

        Assert.StartsWith($"{file.Path}, line {line}: ", mistake.Message, StringComparison.Ordinal);
        Assert.Contains(what, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OneEndlessLine_IsNotReadIntoMemory()
    {
        using var file = new TextFile(new string('x', 1_000_000));

        var mistake = Assert.Throws<InvalidDataException>(() => OutageSchedule.Read(file.Path));

        Assert.Contains("the line is longer than 10000 characters", mistake.Message, StringComparison.Ordinal);
        Assert.True(mistake.Message.Length < 500);
    }

    [Fact]
    public void Read_NoSuchFile_IsAnIOException() => Assert.Throws<FileNotFoundException>(() => OutageSchedule.Read("no-such-file.csv"));

    [Fact]
    public void RateAt_IncidentsOverlap_TheWorstCounts()
    {
        var timeline = new OutageSchedule([
            new("one", At(1, 0), At(1, 10), IncidentImpact.Minor),
            new("one", At(1, 2), At(1, 6), IncidentImpact.Major),
            new("one", At(1, 5), At(1, 6), IncidentImpact.Critical),
            new("one", At(1, 10), At(1, 11), IncidentImpact.Major),
            new("two", At(1, 0), At(1, 20), IncidentImpact.Critical)]).Of("one");

        Assert.Equal(0, timeline.RateAt(At(1, 0).AddTicks(-1)));
        Assert.Equal(0.2, timeline.RateAt(At(1, 0)));
        Assert.Equal(0.6, timeline.RateAt(At(1, 2)));
        Assert.Equal(1, timeline.RateAt(At(1, 5)));
        Assert.Equal(0.2, timeline.RateAt(At(1, 6)));
        Assert.Equal(0.6, timeline.RateAt(At(1, 10)));
        Assert.Equal(0, timeline.RateAt(At(1, 11)));
    }

    [Fact]
    public void Of_SomeIncidents_LeavesOutTheOthers()
    {
        var schedule = new OutageSchedule([new("one", At(1, 0), At(1, 1), IncidentImpact.Minor), new("one", At(2, 0), At(2, 1), IncidentImpact.Critical)]);

        var timeline = schedule.Of("one", static incident => incident.Impact == IncidentImpact.Critical);

        Assert.Equal(IncidentImpact.None, timeline.ImpactAt(At(1, 0)));
        Assert.Equal(IncidentImpact.Critical, timeline.ImpactAt(At(2, 0)));
        Assert.Equal(0, schedule.Of("nobody").RateAt(At(2, 0)));
    }

    [Fact]
    public void Of_ProviderInAnotherCase_IsTheSame()
    {
        var schedule = new OutageSchedule([new("openai", At(1, 0), At(1, 1), IncidentImpact.Critical), new("OpenAI", At(2, 0), At(2, 1), IncidentImpact.Critical)]);

        Assert.Equal(1, schedule.Of("OPENAI").RateAt(At(1, 0)));
        Assert.Single(schedule.Providers);
    }

    [Fact]
    public void Windows_MarginsTouch_AreOne()
    {
        var schedule = new OutageSchedule([
            new("one", At(1, 2), At(1, 12), IncidentImpact.Minor),
            new("two", At(1, 4), At(1, 5), IncidentImpact.Major),
            new("two", At(1, 14), At(1, 15), IncidentImpact.Major),
            new("one", At(2, 4), At(2, 5), IncidentImpact.Minor)]);

        Assert.Equal([new TimeWindow(At(1, 1), At(1, 16)), new(At(2, 3), At(2, 6))], schedule.Windows(TimeSpan.FromHours(1)));
        Assert.Equal(3, schedule.Windows(TimeSpan.Zero).Count);
    }

    [Fact]
    public void Constructor_IncidentEndsBeforeItStarts_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new OutageSchedule([new("one", At(2, 0), At(1, 0), IncidentImpact.Minor)]));

    private static DateTimeOffset At(int day, int hour) => new(2024, 1, day, hour, 0, 0, TimeSpan.Zero);
}
