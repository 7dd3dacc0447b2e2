# frozen_string_literal: true

require "fileutils"
require "json"
require "open3"
require "securerandom"

# Runs the fuzz targets with cargo-fuzz, and notes each run as a line of JSON.
class FuzzRunner
  ROOT = File.expand_path("..", __dir__)
  TARGETS = Dir.children(File.join(__dir__, "fuzz_targets")).sort.map { |file| File.basename(file, ".rs") }.freeze
  # They make of their input what they do, and take no message.
  WITHOUT_MESSAGE = %w[queue round_trip].freeze
  INPUTS = 30_000
  # Where others wait for it: about a minute of processor time for all targets.
  FEW_INPUTS = 20_000
  FIXED_SEED = 20_240_229
  # Bytes of an input. Longer ones take time, and what long containers need src/plan.rs makes of few bytes.
  MAX_LEN = 1000
  # Seconds for one input, which take a thousandth: what takes longer is a finding.
  TIMEOUT = 10

  # @param log [String, nil] the file that a line is appended to for each run
  def initialize(log:)
    @log = log
  end

  # Builds all targets.
  #
  # @return [Boolean]
  def build
    system(environment, *cargo_fuzz("build"), chdir: ROOT)
  end

  # Fuzzes `target` from the fixed seed and the committed inputs alone, then on from what earlier runs have found with a
  # seed that nobody has had before.
  #
  # @return [Array<String>] findings
  def run(target, inputs = INPUTS)
    fixed = File.join(ROOT, "tmp/fuzz", target)
    FileUtils.rm_rf(fixed)
    grown = File.join(__dir__, "corpus", target)
    [run_once(target, FIXED_SEED, inputs, fixed), run_once(target, SecureRandom.rand(1 << 31), inputs, grown)].compact
  end

  # The inputs that the fuzzer begins with.
  def self.write_seeds
    folder = File.join(__dir__, "seeds")
    FileUtils.rm_rf(folder)
    FileUtils.mkdir_p(folder)
    seeds.each { |name, input| File.binwrite(File.join(folder, name), input) }
  end

  # Beside the vectors what they lack: depth, containers of more than one batch, and bounds (see src/plan.rs).
  def self.seeds
    streams = vectors.merge("deep" => "#{"\x91\x81\xA1a" * 40}\xC0", "reserved" => "\x93\x01\xC1\xA2")
    bounded = streams.values_at("12.binary", "31.string-utf8", "40.array", "41.map", "42.nested", "60.ext").join
    # In front of each: no choices.
    streams.transform_values { |message| "\0".b + message.b }
           .merge("long-array" => "\xF0\x01".b, "long-map" => "\xF1\x00\x01\xC0\xA1a".b)
           .merge("bounded" => "\x08\x03\x03\x03\x03\x03\x03\x00\x00".b + bounded,
                  "strict" => "\x08\x00\x00\x00\x00\x00\x00\x01\x01".b + bounded + "\x81\xC0\xA2\xFF\xFE\xA2\xFF\xFE".b)
  end

  # A stream for each group: each form of each value.
  def self.vectors
    suite = JSON.parse(File.read(File.join(ROOT, "spec/data/msgpack-test-suite.json"), encoding: "UTF-8"))
    suite.to_h do |group, entries|
      forms = entries.flat_map { |entry| entry["msgpack"] }
      [File.basename(group, ".yaml"), [forms.join.delete("-")].pack("H*")]
    end
  end
  private_class_method :seeds, :vectors

  private

  def environment
    paths = [File.join(ROOT, "tmp/cargo-fuzz/bin"), ENV.fetch("PATH")]
    # cargo-fuzz passes flags that only a nightly Rust takes, or one that is told to.
    { "RUSTC_BOOTSTRAP" => "1", "PATH" => paths.join(File::PATH_SEPARATOR) }
  end

  def cargo_fuzz(*arguments)
    ["cargo", "fuzz", *arguments, "--fuzz-dir", "fuzz"]
  end

  def run_once(target, seed, inputs, corpus)
    FileUtils.mkdir_p(corpus)
    puts "fuzz #{target}: #{inputs} inputs, seed #{seed}"
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    output, status = Open3.capture2e(environment, *command(target, seed, inputs, corpus), chdir: ROOT)
    seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
    output = output.force_encoding(Encoding::UTF_8).scrub
    finding = finding_in(output) unless status.success?
    puts finding ? output.lines.last(200) : "  #{executions(output)} executions, #{seconds.round(1)} s, no finding"
    note(target:, seed:, executions: executions(output), seconds: seconds.round(1), commit:, finding:)
    "#{target}, seed #{seed}: #{finding}" if finding
  end

  def command(target, seed, inputs, corpus)
    seeds = WITHOUT_MESSAGE.include?(target) ? [] : [File.join(__dir__, "seeds")]
    cargo_fuzz("run", target, corpus, *seeds) +
      # Inputs that take long (see src/plan.rs) are tried less often.
      ["--", "-runs=#{inputs}", "-seed=#{seed}", "-max_len=#{MAX_LEN}", "-timeout=#{TIMEOUT}", "-print_final_stats=1",
       "-entropic_scale_per_exec_time=1"]
  end

  def executions(output)
    output[/^stat::number_of_executed_units: +(\d+)/, 1].to_i
  end

  # The crash's file, what was said, and the input where it is short.
  def finding_in(output)
    message = output[/panicked at (.+\n.*)/, 1] || output[/^(SUMMARY: .+)/, 1] || output.lines.last
    file = output[%r{Test unit written to .*?(fuzz/artifacts/\S+)}, 1]
    input = file && File.binread(File.join(ROOT, file))
    # Without the folders of this machine.
    message = message.to_s.gsub(%r{(?<![\w.])/\S+/}, "").split.join(" ")[0, 300]
    [file, message, input && input.bytesize <= 100 && input.unpack1("H*")]
      .select { |part| part }.join("; ")
  end

  def commit
    name, = Open3.capture2("git", "rev-parse", "--short", "HEAD", chdir: ROOT)
    changed, = Open3.capture2("git", "status", "--porcelain", "ext", "Cargo.lock", "fuzz/src", chdir: ROOT)
    name.strip + ("+" unless changed.empty?).to_s
  end

  def note(entry)
    return unless @log

    FileUtils.mkdir_p(File.dirname(@log))
    File.open(@log, "a") { |file| file.puts(JSON.generate(entry)) }
  end
end
