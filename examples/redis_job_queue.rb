# frozen_string_literal: true

# A job queue on Redis Streams that loses no job: checksums of files, made by as many workers as you start.
#
#   ruby examples/redis_job_queue.rb work            in several terminals; Ctrl-C ends it after the job at hand
#   ruby examples/redis_job_queue.rb add FILE...
#   ruby examples/redis_job_queue.rb                 what has come out
#
# Needs the redis gem, and Redis from 6.2 on: at $REDIS_URL, else on this machine. A job that is not done after
# $CLAIM_AFTER milliseconds, 60,000 if not set, is taken over by another worker: each is done at least once.
# Read next: file_cache.rb, for jobs with Dates, BigDecimals or Structs in them.

$LOAD_PATH.unshift File.expand_path("../lib", __dir__) # the gem of this checkout; a program of yours needs no such line
require "msgpack-ext"
require_relative "check_library"
require "digest"
require "redis"
require "socket"

WORKER = "#{Socket.gethostname}-#{Process.pid}".freeze

# A job that somebody has left comes before a new one.
def work(redis)
  running = true
  trap("INT") { running = false }
  place = "0-0"
  while running
    place, left = redis.xautoclaim("jobs", "workers", WORKER, ENV["CLAIM_AFTER"] || 60_000, place, count: 1).values
    job = left[0] || redis.xreadgroup("workers", WORKER, "jobs", ">", count: 1, block: 500).dig("jobs", 0)
    finish(redis, job[0], checksum(job[1]["packed"])) if job
  end
end

def checksum(packed)
  file = MessagePack.unpack(packed)
  { file: file, sha256: Digest::SHA256.file(File.path(file)).hexdigest }
rescue SystemCallError, MessagePack::UnpackError, MessagePack::UnderflowError, TypeError => e
  { file: file, error: e.message }
end

def finish(redis, id, result)
  redis.multi do |all| # or nothing
    all.hset("results", id, MessagePack.pack(result))
    all.xack("jobs", "workers", id)
    all.xdel("jobs", id)
  end
end

begin
  (redis = Redis.new).xgroup(:create, "jobs", "workers", "0", mkstream: true)
rescue Redis::CommandError => e
  raise unless e.message.start_with?("BUSYGROUP") # it is there
end

case ARGV.shift
when "work" then work(redis)
when "add" then ARGV.each { |file| redis.xadd("jobs", { "packed" => MessagePack.pack(File.expand_path(file)) }) }
else redis.hvals("results").each { |packed| puts MessagePack.unpack(packed).values.reverse.join("  ") }
end
