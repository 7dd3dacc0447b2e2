# frozen_string_literal: true

require "digest"
require_relative "example_programs"

RSpec.describe "examples/redis_job_queue.rb", :real_world do
  include ExamplePrograms

  there = Gem::Specification.find_all_by_name("redis").any? &&
          ENV.fetch("PATH").split(File::PATH_SEPARATOR).any? { |dir| File.executable?(File.join(dir, "redis-server")) }

  before do
    need(there, "redis-server and ruby-redis (bin/setup --real-world)")
    require "redis"
    socket = File.join(folder, "redis.sock")
    start("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder)
    @url = "unix://#{socket}"
    eventually { File.socket?(socket) && answers? }
  end

  let(:redis) { Redis.new(url: @url) }

  def answers?
    redis.ping == "PONG"
  rescue Redis::BaseConnectionError
    false
  end

  def queue(*arguments)
    result = run_recipe("redis_job_queue.rb", *arguments, env: { "REDIS_URL" => @url })
    expect(result).to be_success, result.to_s
    expect(result.stderr).to eq("")
    result.stdout
  end

  def start_worker(claim_after: nil)
    start(*command_of("redis_job_queue.rb", "work"), env: { "REDIS_URL" => @url, "CLAIM_AFTER" => claim_after&.to_s })
  end

  # @return [Array<ExamplePrograms::Started>] workers that all wait for jobs
  def start_workers(count, **options)
    workers = Array.new(count) { start_worker(**options) }
    eventually { redis.info("clients")["blocked_clients"] == count.to_s }
    workers
  end

  # As by Ctrl-C.
  def expect_to_end(workers)
    workers.each { |worker| Process.kill("INT", worker.pid) }
    expect(workers.map(&:status)).to all(be_success)
    expect(workers.map(&:output)).to eq([""] * workers.size)
  end

  # @return [Hash{String => String}] checksums by the names of new files
  def make_files(count)
    Array.new(count) { |i| File.join(folder, "file-#{i}") }.to_h do |file|
      File.write(file, file * 1000)
      [file, Digest::SHA256.file(file).hexdigest]
    end
  end

  # What `results` prints, as checksums by files.
  def results
    queue("results").lines(chomp: true).to_h { |line| line.split("  ", 2).reverse }
  end

  # Nothing waits, nobody has anything that is not acknowledged. Who has died has not acknowledged.
  def expect_all_acknowledged(jobs)
    expect(redis.info("commandstats").dig("xack", "calls")).to eq(jobs.to_s)
    expect(redis.xinfo(:groups, "jobs").map { |group| group.values_at("entries-read", "pending") }).to eq([[jobs, 0]])
    expect(redis.xlen("jobs")).to eq(0)
  end

  it "shares the jobs out among workers, and collects what they find" do
    sums = make_files(40)
    workers = start_workers(3)
    queue("add", *sums.keys)
    eventually { redis.hlen("results") == 40 }

    expect(results).to eq(sums)
    expect_all_acknowledged(40)
    expect_to_end(workers)
  end

  it "loses nothing when a worker is killed in the middle of a job" do
    sums = make_files(30)
    # Who reads a pipe that nobody writes to is busy until it is killed.
    pipe = sums.keys[15]
    contents = File.binread(pipe)
    File.unlink(pipe)
    File.mkfifo(pipe)
    workers = start_workers(3, claim_after: 3_600_000)
    queue("add", *sums.keys)
    eventually { redis.hlen("results") == 29 }

    owner = redis.xpending("jobs", "workers", "-", "+", 10).map { |job| job["consumer"] }
    expect(owner.size).to eq(1)
    victim, others = workers.partition { |worker| owner.first.end_with?("-#{worker.pid}") }
    expect(victim.size).to eq(1)
    expect(victim.first.end_by("KILL").termsig).to eq(Signal.list["KILL"])
    expect(results).to eq(sums.except(pipe))
    expect(redis.xlen("jobs")).to eq(1)

    File.write("#{pipe}.new", contents)
    File.rename("#{pipe}.new", pipe)
    others << start_worker(claim_after: 1)
    eventually { redis.hlen("results") == 30 }
    expect(results).to eq(sums)
    expect_all_acknowledged(30)
    expect_to_end(others)
  end

  it "keeps what goes wrong as the result, and goes on" do
    sums = make_files(1)
    start_worker
    queue("add", File.join(folder, "nothing"), folder, *sums.keys)
    redis.xadd("jobs", { "packed" => "\xC1" })
    redis.xadd("jobs", { "packed" => "\xA5abc" })
    redis.xadd("jobs", { "packed" => "\x07" })
    eventually { redis.hlen("results") == 6 }

    found = redis.hvals("results").map { |packed| MessagePack.unpack(packed) }
    expect(found.map { |result| result["sha256"] }.compact).to eq(sums.values)
    expect(found.map { |result| result["error"] }.compact)
      .to contain_exactly(/No such file/, /Is a directory/, /byte 0/, /byte 0/, /String/)
    expect_all_acknowledged(6)
  end
end
