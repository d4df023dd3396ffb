using GameDay.Live;
using GameDay.Replay;

switch (args)
{
    case ["replay", .. var rest]:
        return await ReplayCommand.RunAsync(rest, Console.Out);
    case ["--help" or "-h"]:
        Console.WriteLine($"{LiveArguments.Usage}{Environment.NewLine}{Environment.NewLine}{ReplayArguments.Usage}");
        return 0;
    default:
        return await LiveCommand.RunAsync(args);
}
